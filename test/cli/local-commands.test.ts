import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApp } from '../../runtime/app.ts'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { packageVersion } from '../../runtime/config/package-version.ts'
import { documentOf, runCli, startServer } from './harness.ts'

const parts = { openPackageTool } satisfies Partial<CliParts>

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

describe('the command line', () => {
  it('knows its version and its commands', async () => {
    assert.equal((await runCli(['--version'])).out, `${packageVersion()}\n`)
    assert.match(packageVersion(), /^\d+\.\d+\.\d+/)
    const help = await runCli(['--help'])
    assert.equal(help.code, 0)
    const names = [
      'serve',
      'dev',
      'create',
      'types',
      'check',
      'pack',
      'install',
      'list',
      'enable',
      'disable',
      'apply',
      'uninstall',
      'rollback',
      'settings',
      'logs',
      'doctor',
    ]
    for (const name of names) {
      assert.match(help.out, new RegExp(`^  ${name} `, 'm'))
      const own = await runCli([name, '--help'])
      assert.equal(own.code, 0)
      assert.match(own.out, new RegExp(`Examples:\\n  \\$ npm run plugbay -- ${name}`), name)
      assert.match(own.out, /--json/, name)
    }
  })

  it('exits 64 for a wrong command line and says what was meant', async () => {
    const wrong = [
      [],
      ['enabel', 'x'],
      ['list', '--nope'],
      ['enable'],
      ['create', 'x', '--template', 'php'],
      ['list', 'too', 'many'],
      ['dev', '.', '--port', 'x'],
    ]
    for (const args of wrong) {
      const ran = await runCli(args)
      assert.equal(ran.code, 64, args.join(' '))
      assert.equal(ran.out, '')
      assert.notEqual(ran.err, '')
    }
    assert.match((await runCli(['enabel', 'x'])).err, /Did you mean enable\?/)
  })

  it('tells a wrong command line as one document with --json', async () => {
    const ran = await runCli(['list', '--nope', '--json'])
    assert.equal(ran.code, 64)
    assert.equal(ran.err, '')
    const { ok, results } = documentOf(ran)
    assert.equal(ok, false)
    assert.equal(problemCode(results), 'USAGE')
  })

  it('runs as a program', async () => {
    const main = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, 'list', '--json', '--url', 'http://127.0.0.1:9'], {
      cwd,
      stdio: 'pipe',
    })
    let out = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.equal(code, 69)
    assert.equal(JSON.parse(out).ok, false)
  })

  it('ends without a word when the reader of its output has gone', async () => {
    const main = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, '--help'], { cwd, stdio: 'pipe' })
    // Closed long before a program has started.
    child.stdout.destroy()
    let err = ''
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.deepEqual([code, err], [141, ''])
  })
})

describe('create', () => {
  for (const template of ['ts', 'js'] as const) {
    it(`makes a plugin from the template "${template}" that passes check`, async () => {
      const created = await runCli(['create', 'shop-list', '--template', template], { cwd })
      assert.equal(created.code, 0, created.err)
      assert.match(created.out, /Next:\n/)
      const folder = join(cwd, 'shop-list')
      const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
      assert.deepEqual([manifest.id, manifest.name], ['shop-list', 'Shop list'])
      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (file.isFile())
          assert.doesNotMatch(readFileSync(join(file.parentPath, file.name), 'utf8'), /my-plugin|My plugin/)
      }
      const checked = await runCli(['check', 'shop-list', '--json'], { cwd, parts })
      assert.equal(checked.code, 0, checked.out + checked.err)
      assert.deepEqual(documentOf(checked).results[0]?.warnings, [])
    })
  }

  it('gives the TypeScript plugin a test, its types and a dependency on this package', async () => {
    await runCli(['create', 'shop-list'], { cwd })
    const folder = join(cwd, 'shop-list')
    const text = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    assert.equal(text.name, 'shop-list')
    assert.match(text.devDependencies.plugbay, /^file:.*dist$/)
    for (const name of [
      'test/plugin.test.ts',
      'tsconfig.json',
      'plugbay-env.d.ts',
      'README.md',
      '.gitignore',
      'backend/index.ts',
    ]) {
      assert.ok(existsSync(join(folder, name)), name)
    }
  })

  it('lists its files with --json', async () => {
    const { results } = documentOf(await runCli(['create', 'a-b', '-t', 'js', '--json'], { cwd }))
    assert.deepEqual(results[0]?.files, [
      '.github/workflows/check.yml',
      '.gitignore',
      '.vscode/launch.json',
      'README.md',
      'backend/index.js',
      'frontend/index.html',
      'jsconfig.json',
      'manifest.json',
      'package.json',
      'plugbay-env.d.ts',
      'test/plugin.test.js',
    ])
  })

  it('refuses ids that a manifest could not have, and proposes one', async () => {
    const advices = { Bad_Name: 'bad-name', '9lives': 'lives', admin: 'admin-plugin', 'xn--a': 'xn-a' }
    for (const [name, advice] of Object.entries(advices)) {
      const ran = await runCli(['create', name], { cwd })
      assert.equal(ran.code, 64, name)
      assert.match(ran.err, new RegExp(`try --id ${advice}`))
    }
    assert.deepEqual(readdirSync(cwd), [])
    assert.equal((await runCli(['create', 'Bad_Name', '--id', 'bad-name'], { cwd })).code, 0)
  })

  it('leaves a folder alone that holds anything', async () => {
    mkdirSync(join(cwd, 'full'))
    writeFileSync(join(cwd, 'full', 'x'), '')
    const ran = await runCli(['create', 'full'], { cwd })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /is not empty/)
    assert.deepEqual(readdirSync(join(cwd, 'full')), ['x'])
    mkdirSync(join(cwd, 'fresh', '.git'), { recursive: true })
    assert.equal((await runCli(['create', 'fresh'], { cwd })).code, 0)
  })
})

describe('check and pack', () => {
  it('pack writes the same bytes for the same files, and check accepts them', async () => {
    await runCli(['create', 'demo'], { cwd })
    const first = await runCli(['pack', 'demo'], { cwd, parts })
    assert.equal(first.code, 0, first.err)
    assert.match(first.out, /plugbay -- install demo-1\.0\.0\.zip/)
    utimesSync(join(cwd, 'demo', 'manifest.json'), 1, 1)
    mkdirSync(join(cwd, 'demo', 'node_modules', 'x'), { recursive: true })
    writeFileSync(join(cwd, 'demo', 'node_modules', 'x', 'y.js'), 'left out')
    const second = await runCli(['pack', '.', '-o', 'again.zip', '--json'], { cwd: join(cwd, 'demo'), parts })
    assert.equal(second.code, 0, second.err)
    const zip = readFileSync(join(cwd, 'demo-1.0.0.zip'))
    assert.deepEqual(zip, readFileSync(join(cwd, 'demo', 'again.zip')))
    assert.equal(documentOf(second).results[0]?.bytes, zip.byteLength)
    const checked = await runCli(['check', 'demo-1.0.0.zip'], { cwd, parts })
    assert.equal(checked.code, 0, checked.err)
    assert.match(checked.out, /✓ demo is a valid plugin; it asks for public access, kv/)
    const report = await (await openPackageTool()).check(
      { kind: 'folder', path: join(cwd, 'demo') },
      { limits: DEFAULT_PACKAGE_LIMITS },
    )
    assert.equal(report.sha256, documentOf(second).results[0]?.sha256)
  })

  it('what check passes, pack makes and the server takes: links of package managers, a monorepo, files that shrink', async (t) => {
    await runCli(['create', 'linker', '-t', 'js'], { cwd })
    const at = (...names: readonly string[]) => join(cwd, 'linker', ...names)
    mkdirSync(join(cwd, '.git'))
    mkdirSync(join(cwd, 'shared'))
    writeFileSync(join(cwd, 'shared', 'words.js'), 'export const word = "shared"')
    symlinkSync('../../shared', at('backend', 'shared'))
    for (const name of ['.bin', 'slugs', '.pnpm/nano@1/node_modules/nano'])
      mkdirSync(at('backend', 'node_modules', name), { recursive: true })
    writeFileSync(
      at('backend/node_modules/slugs/index.js'),
      'export const slug = (text) => text.toLowerCase()',
    )
    symlinkSync('../slugs/index.js', at('backend/node_modules/.bin/slugs'))
    writeFileSync(
      at('backend/node_modules/.pnpm/nano@1/node_modules/nano/index.js'),
      'export const id = () => "n"',
    )
    symlinkSync('.pnpm/nano@1/node_modules/nano', at('backend/node_modules/nano'))
    writeFileSync(
      at('backend/index.js'),
      `import { slug } from 'slugs'\nimport { id } from 'nano'\nimport { word } from './shared/words.js'
      export default { fetch: () => new Response([slug('A'), id(), word].join()) }`,
    )
    mkdirSync(at('dist'))
    writeFileSync(at('dist/index.html'), '<p>dist')
    // A tile map without tiles.
    writeFileSync(at('dist/map.bin'), Buffer.alloc(11_000_000))
    rmSync(at('frontend'), { recursive: true, force: true })
    symlinkSync('dist', at('frontend'))
    symlinkSync('AGENTS.md', at('CLAUDE.md'))
    const checked = await runCli(['check', 'linker'], { cwd, parts })
    assert.equal(checked.code, 0, checked.err)
    assert.doesNotMatch(checked.out, /warning/)
    const packed = await runCli(['pack', 'linker'], { cwd, parts })
    assert.equal(packed.code, 0, packed.err)
    assert.equal((await runCli(['check', 'linker-1.0.0.zip'], { cwd, parts })).code, 0)
    const { env, runtime } = await startServer(t)
    const installed = await runCli(['install', 'linker'], { cwd, parts, env })
    assert.equal(installed.code, 0, installed.err)
    const answer = await createApp(runtime).request('http://127.0.0.1:3000/plugins/linker/api/')
    assert.equal(await answer.text(), 'a,n,shared')
  })

  it('check reports every problem and exits 1', async () => {
    await runCli(['create', 'demo', '-t', 'js'], { cwd })
    writeFileSync(
      join(cwd, 'demo', 'manifest.json'),
      '{"manifestVersion": 1, "id": "demo", "name": "Demo", "verison": "1"}',
    )
    writeFileSync(join(cwd, 'demo', 'backend', 'index.js'), 'import fs from "node:fs"\nexport default fs')
    const types = () => readFileSync(join(cwd, 'demo/plugbay-env.d.ts'), 'utf8')
    writeFileSync(join(cwd, 'demo/plugbay-env.d.ts'), types().replace('"demo"', '"old"'))
    const ran = await runCli(['check', 'demo'], { cwd, parts })
    assert.equal(ran.code, 1)
    assert.match(types(), /readonly id: "demo"/)
    assert.match(ran.err, /It has \d problems/)
    assert.match(ran.err, /version/)
    assert.match(ran.err, /node:fs/)
    const json = documentOf(await runCli(['check', 'demo', '--json'], { cwd, parts }))
    assert.equal(json.ok, false)
    assert.ok(Array.isArray(json.results[0]?.problems) && json.results[0].problems.length >= 2)
    const packed = await runCli(['pack', 'demo'], { cwd, parts })
    assert.equal(packed.code, 1)
    assert.deepEqual(readdirSync(cwd), ['demo'])
  })

  it('check of a file that is not a zip, or does not exist', async () => {
    writeFileSync(join(cwd, 'x.zip'), 'not a zip')
    const ran = await runCli(['check', 'x.zip', '--json'], { cwd, parts })
    assert.equal(ran.code, 1)
    assert.equal(problemCode(documentOf(ran).results), 'ARCHIVE_NOT_ZIP')
    const missing = await runCli(['check', 'missing'], { cwd, parts })
    assert.equal(missing.code, 1)
    assert.match(missing.err, /There is no "missing"/)
    assert.match((await runCli(['pack', 'x.zip'], { cwd, parts })).err, /the folder of a plugin is wanted/)
  })

  it('install packs a folder first, and refuses a broken one without asking the server', async (t) => {
    await runCli(['create', 'demo', '-t', 'js'], { cwd })
    await runCli(['create', 'broken', '-t', 'js'], { cwd })
    writeFileSync(join(cwd, 'broken', 'backend', 'index.js'), 'export default {')
    const { env, runtime, requests } = await startServer(t)
    const ran = await runCli(['install', 'broken', 'demo', '--json'], { cwd, parts, env })
    assert.equal(ran.code, 2)
    assert.deepEqual(
      documentOf(ran).results.map(({ id, ok }) => [id, ok]),
      [
        ['broken', false],
        ['demo', true],
      ],
    )
    assert.equal(requests().length, 1)
    assert.equal((await runtime.plugins.get('demo')).version, '1.0.0')
  })
})

function problemCode(results: readonly Record<string, unknown>[]): unknown {
  const problem = results[0]?.problem
  return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
}
