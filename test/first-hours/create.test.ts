// What "plugbay create" makes, installed and used as it prints. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { programOfPackage } from '../../runtime/cli/invocation.ts'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { TEMPLATES } from '../../runtime/cli/scaffold.ts'
import type { DevEvent } from '../../runtime/dev/dev-events.ts'
import { watchArguments } from '../../runtime/dev/vite-watch.ts'
import { startDev } from '../../runtime/dev-server.ts'
import { documentOf, runCli } from '../cli/harness.ts'
import { temporaryFolder } from '../support/runtime.ts'

const PROJECT = join(import.meta.dirname, '../..')
const parts = { openPackageTool }

test('B2: a project of a checkout installs the package that the checkout builds, not a name of a registry', async (t) => {
  const cwd = await temporaryFolder(t)
  for (const template of TEMPLATES) {
    const made = await runCli(['create', `a-${template}`, '--template', template], { cwd })
    assert.equal(made.code, 0, made.err)
    const { devDependencies } = JSON.parse(await readFile(join(cwd, `a-${template}/package.json`), 'utf8'))
    const spec: string = devDependencies.plugbay
    assert.match(spec, /^file:/)
    assert.equal(join(cwd, `a-${template}`, spec.slice(5)), join(PROJECT, 'dist'))
    const lacksBuild = !existsSync(join(PROJECT, 'dist/package.json'))
    assert.equal(/\$ npm run build /.test(made.out), lacksBuild)
  }
})

test('B3: what create and pack print can be typed there', async (t) => {
  const cwd = await temporaryFolder(t)
  const made = await runCli(['create', 'hello-world', '--template', 'js'], { cwd })
  assert.match(made.out, /\$ npm run plugbay -- dev hello-world/)
  assert.doesNotMatch(made.out, /\$ plugbay /)
  const packed = await runCli(['pack', 'hello-world'], { cwd, parts })
  assert.match(packed.out, /Install it with: npm run plugbay -- install hello-world-1\.0\.0\.zip/)
  // Where the package is installed: on the PATH, in a script of a project, by npx.
  assert.equal(programOfPackage({ PATH: '/usr/bin' }), 'plugbay')
  assert.equal(programOfPackage({ npm_command: 'run', npm_lifecycle_event: 'pack' }), 'npx plugbay')
  assert.equal(programOfPackage({ npm_command: 'exec' }), 'npx plugbay')
})

test('B3: create asks for the template at a terminal, and takes none that there is not', async (t) => {
  const cwd = await temporaryFolder(t)
  const answers = ['vue', 'react']
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return answers.shift() ?? ''
  }
  const { results } = documentOf(await runCli(['create', 'silent', '--json'], { cwd, io: { ask } }))
  assert.deepEqual([results[0]?.template, asked], ['ts', []])
  await runCli(['create', 'asked'], { cwd, io: { ask } })
  assert.equal(asked.length, 2)
  assert.ok(existsSync(join(cwd, 'asked/vite.config.ts')))
})

test('S8: the schema that a new manifest names is where the package has it', async (t) => {
  const cwd = await temporaryFolder(t)
  for (const template of TEMPLATES) {
    await runCli(['create', template, '--id', `a-${template}`, '--template', template], { cwd })
    const { $schema } = JSON.parse(await readFile(join(cwd, template, 'manifest.json'), 'utf8'))
    const inPackage = /^\.\/node_modules\/plugbay\/(.+)$/.exec($schema)?.[1] ?? ''
    assert.ok(existsSync(join(PROJECT, inPackage)), $schema)
    const builder = await readFile(join(PROJECT, 'runtime/build-package.ts'), 'utf8')
    assert.ok(builder.includes(`'${inPackage}'`), 'the published package has it at the same place')
  }
})

test('A11: a light project installs types and client, and names nothing that needs the runtime', async (t) => {
  const cwd = await temporaryFolder(t)
  for (const template of TEMPLATES) {
    const folder = join(cwd, `a-${template}`)
    const made = await runCli(['create', `a-${template}`, '--light', '--template', template], { cwd })
    assert.equal(made.code, 0, made.err)
    const text = (name: string) => readFile(join(folder, name), 'utf8')
    const { devDependencies, scripts } = JSON.parse(await text('package.json'))
    assert.equal(join(folder, devDependencies.plugbay.slice(5)), join(PROJECT, 'dist-sdk'))
    for (const script of Object.values<string>(scripts)) assert.doesNotMatch(script, /plugbay|node --test/)
    for (const name of ['test', '.vscode']) assert.equal(existsSync(join(folder, name)), false, name)
    const settings = await text(template === 'js' ? 'jsconfig.json' : 'tsconfig.json')
    assert.doesNotMatch(settings, /"(?:node|test)"/)
    // Whatever it tells to type is there.
    const told = [made.out, await text('README.md'), await text('.github/workflows/check.yml')].join('\n')
    const named = [...told.matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name = '']) => name)
    assert.deepEqual(
      [...new Set(named)].filter((name) => !(name in scripts) && name !== 'install').sort(),
      existsSync(join(PROJECT, 'dist-sdk/package.json')) || template === 'react'
        ? ['plugbay']
        : ['build', 'plugbay'],
    )
    assert.match(made.out, new RegExp(`\\$ npm run plugbay -- pack a-${template}\\n`))
  }
  assert.equal((await runCli(['pack', 'a-ts'], { cwd, parts })).code, 0)
  assert.match((await runCli(['upgrade-project', 'a-ts'], { cwd })).out, /is up to date/)
})

test('A9: the watching Vite of dev does not keep other builds of the project away', () => {
  const plain = ['build', '--watch', '--clearScreen', 'false']
  for (const version of ['7.3.1', '8.3.8']) assert.deepEqual(watchArguments(version), plain)
  for (const version of ['8.4.0', '8.10.0', '9.0.0-beta.1'])
    assert.deepEqual(watchArguments(version), [...plain, '--bypass-lock'])
})

test('A9: dev builds the page of a project with Vite, and builds it again when a source is saved; types follow the manifest', async (t) => {
  const cwd = await temporaryFolder(t)
  await runCli(['create', 'shop', '--template', 'react'], { cwd })
  const folder = join(cwd, 'shop')
  await install(folder)
  const events: DevEvent[] = []
  const onEvent = (event: DevEvent) => void events.push(event)
  const server = await startDev(folder, { port: 0, logLevel: 'silent', environment: {}, onEvent })
  t.after(() => server.close())
  const ready = events.find((event) => event.event === 'ready')
  assert.ok(ready !== undefined, JSON.stringify(events))
  const { port } = new URL(ready.url)
  const pageHas = async (word: string) => {
    const base = `http://127.0.0.1:${port}/plugins/shop/`
    const page = await (await fetch(base, { headers: { accept: 'text/html' } })).text()
    const script = /src="([^"]*assets\/[^"]+\.js)"/.exec(page)?.[1]
    return script !== undefined && (await (await fetch(new URL(script, base))).text()).includes(word)
  }
  assert.ok(await pageHas('Count a visit'))
  const source = join(folder, 'frontend-source/src/visits-page.tsx')
  await writeFile(source, (await readFile(source, 'utf8')).replace('Count a visit', 'Count one more'))
  await until(() => pageHas('Count one more'), events)
  // A7: the types follow the manifest.
  const manifest = join(folder, 'manifest.json')
  await writeFile(
    manifest,
    (await readFile(manifest, 'utf8')).replace('"kv": true', '"kv": true, "database": true'),
  )
  const types = join(folder, 'plugbay-env.d.ts')
  await until(async () => (await readFile(types, 'utf8')).includes('readonly "database": true'), events)
})

async function until(isSo: () => Promise<boolean>, events: readonly DevEvent[]): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await isSo())) {
    assert.ok(performance.now() < end, JSON.stringify(events))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('upgrade-project adds what a project lacks, and leaves what its author has written', async (t) => {
  const cwd = await temporaryFolder(t)
  const folder = join(cwd, 'old')
  const files = {
    'manifest.json':
      '{\n  "$schema": "./node_modules/plugbay/schema/manifest.v1.json",\n  "manifestVersion": 1, "id": "old", "name": "Old", "version": "1.0.0"\n}\n',
    'backend/index.ts': 'export default {}',
    'package.json':
      '{ "name": "old", "scripts": { "test": "vitest", "check": "tsc && plugbay check ." }, "dependencies": { "hono": "^4" } }',
    'tsconfig.json': '{\n  // mine\n  "compilerOptions": { "strict": false }, "include": ["backend"] }',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const ran = await runCli(['upgrade-project', 'old', '--json'], { cwd })
  assert.equal(ran.code, 0, ran.err)
  assert.deepEqual(documentOf(ran).results[0]?.files, [
    '.github/workflows/check.yml',
    '.gitignore',
    '.vscode/launch.json',
    'manifest.json',
    'package.json',
    'plugbay-env.d.ts',
    'tsconfig.json',
  ])
  const text = (name: string) => readFile(join(folder, name), 'utf8')
  assert.equal(
    await text('tsconfig.json'),
    files['tsconfig.json'].replace('["backend"]', '["plugbay-env.d.ts", "backend"]'),
  )
  assert.match(await text('plugbay-env.d.ts'), /readonly id: "old"/)
  assert.equal(await text('backend/index.ts'), files['backend/index.ts'])
  assert.match(
    await text('manifest.json'),
    /"\$schema": "\.\/node_modules\/plugbay\/sdk\/manifest\/manifest\.v1\.json",\n {2}"manifestVersion": 1, "id"/,
  )
  const { scripts, dependencies, devDependencies } = JSON.parse(await text('package.json'))
  assert.deepEqual([scripts.test, scripts.dev, dependencies.hono], ['vitest', 'plugbay dev .', '^4'])
  assert.equal(scripts.check, 'plugbay check . && tsc')
  assert.match(devDependencies.plugbay, /^file:/)
  assert.match((await runCli(['upgrade-project', 'old'], { cwd })).out, /is up to date/)
  assert.equal((await runCli(['upgrade-project', '.'], { cwd })).code, 1)
})

/** What "npm install" would put there, of the checkout's own packages. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(modules, { recursive: true })
  const own = join(PROJECT, 'node_modules')
  for (const name of ['react', 'react-dom', 'vite', '@vitejs'])
    if (existsSync(join(own, name))) await symlink(join(own, name), join(modules, name))
  await symlink(PROJECT, join(modules, 'plugbay'))
}
