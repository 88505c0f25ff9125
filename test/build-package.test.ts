// What is published: the names that others may import, and that the built package runs where it is installed.
// Node refuses TypeScript below node_modules, so only the built and packed files can tell.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { CHILD_NAMES } from '../runtime/bundles/children.ts'
import { TEMPLATES } from '../runtime/cli/scaffold.ts'
import { packageVersion } from '../runtime/config/package-version.ts'
import { oldNodeProblem } from '../runtime/node-version.ts'
import { checkContainer, noContainer } from './first-hours/deploy/container.ts'
import { startNpmRegistry } from './support/npm-registry.ts'

const run = promisify(execFile)
const PROJECT = join(import.meta.dirname, '..')
const IS_LINUX = process.platform === 'linux'

const SAMPLES = [
  'example-plugin',
  'greedy-plugin',
  'guestbook',
  'notes',
  'photos',
  'usb-backup',
  'usb-inspector',
]

const ARCHIVE = `plugbay-${packageVersion()}.tgz`
const APP = JSON.stringify({
  ...{ name: 'app', private: true, type: 'module' },
  dependencies: { plugbay: `file:${ARCHIVE}` },
})

/** Types of dependencies are checked, too. */
const LIGHT = JSON.stringify({
  compilerOptions: {
    ...{ target: 'esnext', module: 'preserve', moduleResolution: 'bundler', strict: true, noEmit: true },
    ...{ lib: ['esnext', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [], skipLibCheck: false },
    allowImportingTsExtensions: true,
  },
  include: ['backend', 'frontend-source'],
})

/** A new name here is a promise to all users of the package. */
const SURFACE: Readonly<Record<string, readonly string[]>> = {
  plugbay: [
    ...['PlugbayError', 'createApp', 'createRuntime', 'createUpgradeHandler', 'defineHost', 'serve'],
    'sqliteOutbox',
  ],
  'plugbay/sdk': ['definePlugin'],
  'plugbay/client': [
    ...['CallError', 'api', 'call', 'confirm', 'createClient', 'defineBundle', 'download', 'inLanguage'],
    ...['inShell', 'messages', 'mount', 'mountOf', 'navigate', 'notify', 'onEvent', 'socket', 'storage'],
    ...['theme', 'upload'],
  ],
  'plugbay/host-page': ['PlugbayMenu', 'PlugbaySlot'],
  'plugbay/testing': ['startPlugin'],
  'plugbay/v8-flags': [],
}

/** Beside the modules. */
const FILES = ['/client/style.css', '/schema/manifest.v1.json', '/package.json']

test('package.json exports the entries of the surface, the schema and itself', async () => {
  const { exports } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>
  }
  assert.deepEqual(
    Object.keys(exports).map((key) => `plugbay${key.slice(1)}`),
    [...Object.keys(SURFACE), ...FILES.map((path) => `plugbay${path}`)],
  )
})

for (const [entry, names] of Object.entries(SURFACE)) {
  test(`in the checkout, "${entry}" exports what is promised`, async () => {
    const found: object = await import(entry)
    assert.deepEqual(Object.keys(found).sort(), names)
  })
}

describe('the built package', () => {
  let app: string

  before(async () => {
    app = await realpath(await mkdtemp(join(tmpdir(), 'plugbay-package-')))
    await writeFile(join(app, 'package.json'), APP)
    const dist = join(app, 'dist')
    await run(process.execPath, [join(PROJECT, 'runtime/build-package.ts'), dist])
    const { bin } = JSON.parse(await readFile(join(dist, 'package.json'), 'utf8')) as {
      readonly bin: Readonly<Record<string, string>>
    }
    // A project that is linked to it runs it as it is.
    assert.ok((await stat(join(dist, bin.plugbay ?? ''))).mode & 0o100, 'the program is not executable')
    await run('npm', ['pack', dist, '--pack-destination', app, '--loglevel', 'error'], { cwd: app })
    await rm(dist, { recursive: true })
    const archive = (await readdir(app)).find((name) => name.endsWith('.tgz')) ?? ''
    const home = join(app, 'node_modules/plugbay')
    await mkdir(home, { recursive: true })
    await run('tar', ['-xzf', join(app, archive), '-C', home, '--strip-components=1'])
    await copyDependencies(join(app, 'node_modules'))
  })
  after(() => rm(app, { recursive: true, force: true }))

  /** A user with a private cache folder. */
  const node = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, XDG_CACHE_HOME: join(app, 'cache') }
    return (await run(process.execPath, args, { cwd: app, env })).stdout.trim()
  }
  const plugbay = async (...args: readonly string[]): Promise<string> => {
    const { bin } = await packageJson(app)
    return await node(join('node_modules/plugbay', bin.plugbay ?? ''), ...args)
  }

  test('holds no source but the compiled one, and none of the tests', async () => {
    const files = await readdir(join(app, 'node_modules/plugbay'), { recursive: true })
    const sources = files.filter((path) => /(?<!\.d)\.tsx?$/.test(path))
    const samples = /^(?:sample-plugins|runtime[\\/]cli[\\/]templates)[\\/]/
    assert.deepEqual(
      sources.filter((path) => !samples.test(path)),
      [],
    )
    assert.deepEqual(
      files.filter((path) => path.startsWith('test')),
      [],
    )
    for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/admin.png'])
      assert.ok(files.includes(name), name)
    for (const name of ['example-plugin/frontend/index.html', ...SAMPLES.map((id) => `${id}.zip`)])
      assert.ok(files.includes(join('sample-plugins', name)), name)
  })

  test('names the packages that cannot be in its bundles, and has the licenses of those that are', async () => {
    const home = join(app, 'node_modules/plugbay')
    const { dependencies }: Needs = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
    assert.deepEqual(Object.keys(dependencies ?? {}), [
      ...['ajv', 'ajv-formats', 'better-sqlite3', 'esbuild', 'hono', 'intl-messageformat', 'isolated-vm'],
      ...['kysely', 'minijinja-js', 'typebox', 'undici', 'usb'],
    ])
    const licenses = await readFile(join(home, 'LICENSE-packages.txt'), 'utf8')
    for (const name of ['pino', 'kysely', 'openid-client', 'prom-client'])
      assert.match(licenses, new RegExp(`^${name} [\\d.]+ \\((?:MIT|Apache-2\\.0)\\)$`, 'm'))
    assert.doesNotMatch(licenses, /^(?:vite|react) /m)
  })

  test('exports the same names as the checkout', async () => {
    for (const [entry, names] of Object.entries(SURFACE)) {
      const script = `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`
      assert.deepEqual(JSON.parse(await node('--input-type=module', '--eval', script)), names)
    }
  })

  test('has a program that tells its version, makes a plugin and checks it', async () => {
    const { version } = await packageJson(app)
    assert.equal(await plugbay('--version'), version)
    await plugbay('create', 'my-first')
    const { ok } = JSON.parse(await plugbay('check', 'my-first', '--json')) as { readonly ok: boolean }
    assert.equal(ok, true)
  })

  test('A16: tells an older Node what it needs, in one sentence, when it is imported or run', async (t) => {
    const old = await olderNode()
    if (old === undefined) return t.skip('needs an older Node at /usr/bin/node')
    const sentence = /Plugbay needs Node 26 or later, and this is Node \d+\.\d+\.\d+: install it/
    const entries = Object.keys(SURFACE).filter((entry) => !/sdk|client|host-page/.test(entry))
    for (const entry of entries) {
      const { code, stderr } = await failing(old, ['--input-type=module', '--eval', `import '${entry}'`])
      assert.equal(code, 1)
      assert.match(stderr, sentence, entry)
    }
    const { bin } = await packageJson(app)
    const { code, stderr } = await failing(old, [
      join('node_modules/plugbay', bin.plugbay ?? ''),
      '--version',
    ])
    assert.equal(code, 1)
    assert.match(stderr, sentence)
    assert.equal(stderr.trim().split('\n').length, 1)

    async function failing(program: string, args: readonly string[]) {
      const error: unknown = await run(program, args, { cwd: app }).then(
        () => assert.fail('it did not fail'),
        (thrown: unknown) => thrown,
      )
      return error as { readonly code: number; readonly stderr: string }
    }
  })

  test('A15: can be required', async () => {
    const script = "console.log(typeof require('plugbay').createRuntime)"
    assert.equal(await node('--input-type=commonjs', '--eval', script), 'function')
  })

  test('S9: the container of docs/deploy.md runs it', { skip: noContainer, timeout: 240_000 }, (t) =>
    checkContainer(t, join(app, ARCHIVE)),
  )

  for (const template of TEMPLATES) {
    test(`B2, A9: the template "${template}" asks for the archive; its scripts check types, test and pack`, async () => {
      await plugbay('create', `by-${template}`, '--template', template)
      const folder = join(app, `by-${template}`)
      const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))
      const { devDependencies, scripts } = await read('package.json')
      assert.equal(devDependencies.plugbay, `file:../${ARCHIVE}`)
      await installIn(folder)
      const { $schema } = await read('manifest.json')
      assert.ok(existsSync(join(folder, $schema)), $schema)
      // A runner inside a runner would report to the outer one.
      const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
      for (const script of ['test', 'check', 'pack']) {
        assert.ok(script in scripts, script)
        await run('npm', ['run', '--silent', script], { cwd: folder, env })
      }
      assert.ok(existsSync(join(folder, `by-${template}-1.0.0.zip`)))
    })

    /** What "npm install" would put there: the package as it is installed, and tools of the checkout. */
    async function installIn(folder: string): Promise<void> {
      const modules = join(folder, 'node_modules')
      const own = join(PROJECT, 'node_modules')
      await mkdir(join(modules, '.bin'), { recursive: true })
      for (const name of ['react', 'react-dom', 'vite', 'typescript', '@types', '@vitejs', 'node'])
        await symlink(join(own, name), join(modules, name))
      for (const name of ['tsc', 'vite', 'node'])
        await symlink(join(own, '.bin', name), join(modules, '.bin', name))
      await symlink(join(app, 'node_modules/plugbay'), join(modules, 'plugbay'))
      const { bin } = await packageJson(app)
      const program = join(app, 'node_modules/plugbay', bin.plugbay ?? '')
      const script = `#!/bin/sh\nexec node '${program}' "$@"\n`
      await writeFile(join(modules, '.bin/plugbay'), script, { mode: 0o755 })
    }
  }

  test('A11: the light package has the types and the client, within a megabyte and without native parts', async () => {
    const light = join(app, 'light/node_modules/plugbay')
    await cp(join(app, 'dist-sdk'), light, { recursive: true })
    const json = JSON.parse(await readFile(join(light, 'package.json'), 'utf8'))
    assert.deepEqual(Object.keys(json.dependencies), ['intl-messageformat'])
    assert.equal(json.bin, undefined)
    const found = (await readdir(light, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )
    let bytes = 0
    for (const { parentPath, name } of found) bytes += (await stat(join(parentPath, name))).size
    assert.ok(bytes <= 1_000_000, `${bytes} bytes`)
    for (const name of Object.keys(json.dependencies))
      await symlink(join(PROJECT, 'node_modules', name), join(app, 'light/node_modules', name))
    for (const entry of ['plugbay/sdk', 'plugbay/client', 'plugbay/host-page']) {
      const script = `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: join(app, 'light'),
      })
      assert.deepEqual(JSON.parse(stdout), SURFACE[entry])
    }
    const template = join(PROJECT, 'runtime/cli/templates/react')
    await cp(join(template, 'backend'), join(app, 'light/backend'), { recursive: true })
    await cp(join(template, 'frontend-source/src/api.ts'), join(app, 'light/frontend-source/src/api.ts'))
    await writeFile(join(app, 'light/tsconfig.json'), LIGHT)
    await run(process.execPath, [join(PROJECT, 'node_modules/typescript/bin/tsc')], {
      cwd: join(app, 'light'),
    })
  })

  test('A11: a light project asks for the archive beside, else for the name in the registry; npm installs it, and its types and its page are checked', async (t) => {
    await assert.rejects(plugbay('create', 'too-early', '--light'), /The light package is not beside/)
    await run('npm', ['pack', join(app, 'dist-sdk'), '--pack-destination', app, '--loglevel', 'error'])
    const archive = ARCHIVE.replace('plugbay', 'plugbay-sdk')
    const registry = await startNpmRegistry(t, [join(app, archive)])
    const { NODE_TEST_CONTEXT: _outer, ...inherited } = process.env
    const env = {
      ...{ ...inherited, npm_config_registry: registry, npm_config_cache: join(app, 'npm-cache') },
      ...{ npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' },
    }
    const specOf = async (folder: string) => {
      const json = JSON.parse(await readFile(join(app, folder, 'package.json'), 'utf8'))
      return json.devDependencies.plugbay
    }
    const installAndCheck = async (folder: string) => {
      await run('npm', ['install', '--loglevel', 'error'], { cwd: join(app, folder), env })
      const { name } = JSON.parse(
        await readFile(join(app, folder, 'node_modules/plugbay/package.json'), 'utf8'),
      )
      assert.equal(name, 'plugbay-sdk')
      await run('npm', ['run', '--silent', 'check'], { cwd: join(app, folder), env })
    }
    await plugbay('create', 'light-ts', '--light', '--template', 'ts')
    assert.equal(await specOf('light-ts'), `file:../${archive}`)
    await installAndCheck('light-ts')
    const project = join(app, 'package.json')
    await writeFile(project, APP.replace(`file:${ARCHIVE}`, `^${packageVersion()}`))
    t.after(() => writeFile(project, APP))
    await plugbay('create', 'light-react', '--light', '--template', 'react')
    assert.equal(await specOf('light-react'), `npm:plugbay-sdk@^${packageVersion()}`)
    await installAndCheck('light-react')
    await plugbay('pack', 'light-react')
    assert.ok(existsSync(join(app, 'light-react-1.0.0.zip')))
  })

  test('keeps what V8 made of its modules in the cache of the user, and no bundle, since it brings them', async () => {
    const kept = await readdir(join(app, 'cache/plugbay'))
    assert.deepEqual(
      kept.filter((name) => name !== 'compiled' && !/^guest-[\w.-]+\.bin$/.test(name)),
      [],
    )
    assert.ok((await readdir(join(app, 'cache/plugbay/compiled'))).length > 0)
    const bundles = await readdir(join(app, 'node_modules/plugbay/runtime/bundles'))
    for (const name of [...CHILD_NAMES.map((child) => `${child}.mjs`), 'guest.js'])
      for (const file of [name, `${name}.map`]) assert.ok(bundles.includes(file), file)
  })

  test('runs a plugin in a sandbox, embedded and by plugbay/testing', async () => {
    await writeFile(join(app, 'embed.js'), EMBED)
    assert.deepEqual(JSON.parse(await node('embed.js')), {
      kind: 'created',
      answer: { yay: 'it worked' },
      adminPage: 200,
      tested: { yay: 'it worked' },
      program: IS_LINUX ? 'node_modules/plugbay/runtime/bundles/sandbox.mjs' : null,
    })
  })

  test('installs the samples, with no build tool and none of their libraries', async (t) => {
    const { bin } = await packageJson(app)
    const main = join('node_modules/plugbay', bin.plugbay ?? '')
    const server = spawn(process.execPath, [main, 'serve', '--port', '0', '--data', 'served', '--json'], {
      cwd: app,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => server.kill('SIGKILL'))
    let line = ''
    for await (const chunk of server.stdout) {
      line += chunk
      if (line.endsWith('}\n')) break
    }
    const { url }: { url: string } = JSON.parse(line).results[0]
    const authorization = `Bearer ${(await readFile(join(app, 'served/admin-token'), 'utf8')).trim()}`
    const get = (path: string) => fetch(`${url}${path}`, { headers: { authorization } })
    const { items } = (await (await get('/api/v1/plugins')).json()) as {
      readonly items: readonly { readonly id: string; readonly problem: unknown }[]
    }
    assert.deepEqual(
      items.map(({ id, problem }) => [id, problem]),
      SAMPLES.map((id) => [id, null]),
    )
    assert.deepEqual(await (await get('/plugins/guestbook/api/page')).json(), { title: 'Guestbook' })
    assert.deepEqual(await (await get('/plugins/notes/api/notes')).json(), { notes: [] })
    const page = await (await get('/plugins/example-plugin/')).text()
    const script = /src="\.\/(assets\/[^"]+)"/.exec(page)?.[1]
    assert.equal((await get(`/plugins/example-plugin/${script}`)).status, 200)
    for (const name of ['vite', 'kysely-d1']) assert.equal(existsSync(join(app, 'node_modules', name)), false)
  })

  test('brings types that compile under the strictest settings', async () => {
    await writeFile(join(app, 'use.ts'), USE)
    await writeFile(join(app, 'tsconfig.json'), TSCONFIG)
    await cp(join(PROJECT, 'node_modules/@types/node'), join(app, 'node_modules/@types/node'), {
      recursive: true,
    })
    await cp(join(PROJECT, 'node_modules/undici-types'), join(app, 'node_modules/undici-types'), {
      recursive: true,
    }).catch(() => undefined)
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', app]).catch(
      (error: { stdout: string }) => error,
    )
    assert.equal(stdout, '')
  })
})

/** The system's Node, where it is older than the one that is needed. */
async function olderNode(): Promise<string | undefined> {
  if (!existsSync('/usr/bin/node')) return undefined
  const { stdout } = await run('/usr/bin/node', ['--version'])
  return oldNodeProblem(stdout.trim()) === undefined ? undefined : '/usr/bin/node'
}

interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What npm would install for the package: what it names, and what these name, from the checkout. */
async function copyDependencies(target: string): Promise<void> {
  const modules = join(PROJECT, 'node_modules')
  const needsOf = async (folder: string): Promise<readonly string[]> => {
    const json: Needs = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return Object.keys({ ...json.dependencies, ...json.optionalDependencies })
  }
  const copied = new Set<string>()
  const waiting = [...(await needsOf(join(target, 'plugbay')))]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const folder = join(modules, name)
    // Builds for other systems are not there.
    if (copied.has(name) || !existsSync(folder)) continue
    copied.add(name)
    waiting.push(...(await needsOf(folder)))
    await cp(folder, join(target, name), { recursive: true })
  }
}

async function packageJson(app: string) {
  return JSON.parse(await readFile(join(app, 'node_modules/plugbay/package.json'), 'utf8')) as {
    readonly version: string
    readonly bin: Readonly<Record<string, string>>
  }
}

const EMBED = `
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp, createRuntime } from 'plugbay'
import { startPlugin } from 'plugbay/testing'

const samples = join(import.meta.dirname, 'node_modules/plugbay/sample-plugins')
const path = join(samples, 'example-plugin')
const runtime = await createRuntime({
  config: { data: 'data', logLevel: 'silent' },
  packageFolders: [samples],
})
const { kind } = await runtime.plugins.upload({ kind: 'folder', path }, { actor: 'test' })
const app = createApp(runtime, { basePath: '/tools' })
const get = (path) => app.request('http://localhost/tools' + path)
const answer = await (await get('/plugins/example-plugin/api/example-endpoint/')).json()
const adminPage = (await get('/admin/')).status
const [{ pid } = {}] = runtime.sandbox.processes
const words = existsSync('/proc/' + pid) ? readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0') : []
const program = words.find((word) => word.endsWith('.mjs') && !word.startsWith('-'))
await runtime.close()
const plugin = await startPlugin(path)
const tested = await (await plugin.fetch('/example-endpoint/')).json()
await plugin.close()
console.log(JSON.stringify({ kind, answer, adminPage, tested, program: program?.slice(import.meta.dirname.length + 1) ?? null }))
`

const USE = `
import { createApp, createRuntime, createUpgradeHandler, PlugbayError, serve } from 'plugbay'
import { api, socket } from 'plugbay/client'
import { definePlugin, type Kv } from 'plugbay/sdk'
import { startPlugin } from 'plugbay/testing'

export const plugin = definePlugin({
  async fetch(request, env) {
    if (request.headers.has('upgrade')) {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send(data))
      return new Response(null, { status: 101, webSocket: client })
    }
    const kv: Kv = env.kv
    const value: string | null = await kv.get(new URL(request.url).pathname)
    return Response.json({ value })
  },
})
export const runtime = await createRuntime({ config: { data: 'data' } })
export const app = createApp(runtime)
export const listening = await serve(runtime)
export const answer: Response = await api('/x')
export const live: WebSocket = await socket('/x')
export const upgrade = createUpgradeHandler(runtime)
export const tested = await startPlugin('.')
export const error: Error = new PlugbayError('NOT_FOUND')
// @ts-expect-error: there is no such code
new PlugbayError('NO_SUCH_CODE')
`

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'esnext',
    module: 'nodenext',
    lib: ['esnext', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ['use.ts'],
})
