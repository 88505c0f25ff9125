import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { packageVersion } from '../../runtime/cli/package-version.ts'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { type Config, DEFAULT_PACKAGE_LIMITS } from '../../runtime/config.ts'
import type { DevOptions } from '../../runtime/dev/dev-events.ts'
import { documentOf, runCli, startPluginApi } from './harness.ts'

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
      assert.match(own.out, new RegExp(`Examples:\\n  \\$ plugbay ${name}`), name)
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

  it('gives the TypeScript plugin a test, its types and a dependency on this version', async () => {
    await runCli(['create', 'shop-list'], { cwd })
    const folder = join(cwd, 'shop-list')
    const text = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    assert.equal(text.name, 'shop-list')
    assert.equal(text.devDependencies.plugbay, `^${packageVersion()}`)
    for (const name of [
      'test/plugin.test.ts',
      'tsconfig.json',
      'README.md',
      '.gitignore',
      'backend/index.ts',
    ]) {
      assert.ok(existsSync(join(folder, name)), name)
    }
  })

  it('lists its files with --json', async () => {
    const { results } = documentOf(await runCli(['create', 'a-b', '-t', 'js', '--json'], { cwd }))
    assert.deepEqual(results[0]?.files, ['backend/index.js', 'frontend/index.html', 'manifest.json'])
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
    assert.match(first.out, /plugbay install demo-1\.0\.0\.zip/)
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
    assert.match(checked.out, /✓ demo is a valid plugin; it asks for kv/)
    const report = await (await openPackageTool()).check(
      { kind: 'folder', path: join(cwd, 'demo') },
      { limits: DEFAULT_PACKAGE_LIMITS },
    )
    assert.equal(report.sha256, documentOf(second).results[0]?.sha256)
  })

  it('check reports every problem and exits 1', async () => {
    await runCli(['create', 'demo', '-t', 'js'], { cwd })
    writeFileSync(
      join(cwd, 'demo', 'manifest.json'),
      '{"manifestVersion": 1, "id": "demo", "name": "Demo", "verison": "1"}',
    )
    writeFileSync(join(cwd, 'demo', 'backend', 'index.js'), 'import fs from "node:fs"\nexport default fs')
    const ran = await runCli(['check', 'demo'], { cwd, parts })
    assert.equal(ran.code, 1)
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

  it('check of something that is no zip, or is not there', async () => {
    writeFileSync(join(cwd, 'x.zip'), 'not a zip')
    const ran = await runCli(['check', 'x.zip', '--json'], { cwd, parts })
    assert.equal(ran.code, 1)
    assert.equal(problemCode(documentOf(ran).results), 'ARCHIVE_NOT_ZIP')
    const missing = await runCli(['check', 'missing'], { cwd, parts })
    assert.equal(missing.code, 1)
    assert.match(missing.err, /There is no "missing"/)
    assert.match((await runCli(['pack', 'x.zip'], { cwd, parts })).err, /the folder of a plugin is wanted/)
  })

  it('install packs a folder first, and refuses a broken one without asking the server', async () => {
    await runCli(['create', 'demo', '-t', 'js'], { cwd })
    await runCli(['create', 'broken', '-t', 'js'], { cwd })
    writeFileSync(join(cwd, 'broken', 'backend', 'index.js'), 'export default {')
    await using api = await startPluginApi({})
    const env = { PLUGBAY_URL: api.url, PLUGBAY_TOKEN: 'pbt_test' }
    const ran = await runCli(['install', 'broken', 'demo', '--json'], { cwd, parts, env })
    assert.equal(ran.code, 2)
    assert.deepEqual(
      documentOf(ran).results.map(({ id, ok }) => [id, ok]),
      [
        ['broken', false],
        ['uploaded', true],
      ],
    )
    assert.equal(api.requests.length, 1)
    await runCli(['pack', 'demo'], { cwd, parts })
    assert.deepEqual(api.requests[0]?.body, readFileSync(join(cwd, 'demo-1.0.0.zip')))
  })
})

function problemCode(results: readonly Record<string, unknown>[]): unknown {
  const problem = results[0]?.problem
  return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
}

/** An Io whose signals the test sends. */
function signals() {
  const listeners = new Set<() => void>()
  let exitedWith: number | undefined
  return {
    send: () => {
      for (const listener of [...listeners]) listener()
    },
    listening: () => listeners.size,
    exitedWith: () => exitedWith,
    io: {
      onSignal(listener: () => void) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      exitNow(code: number) {
        exitedWith = code
      },
    },
  }
}

describe('serve', () => {
  it('passes the configuration on, prints the link, and a signal closes it with status 0', async () => {
    const { io, send, listening } = signals()
    let given: { config: Config; samples: boolean } | undefined
    let closed = 0
    const serve: CliParts['serve'] = async (config, { samples }) => {
      given = { config, samples }
      setTimeout(send)
      return {
        url: 'http://127.0.0.1:5',
        adminUrl: 'http://127.0.0.1:5/admin/#code=abc',
        async close() {
          closed += 1
        },
      }
    }
    const args = [
      'serve',
      '--port',
      '5',
      '--no-samples',
      '--set',
      'limits.memoryMb=99',
      '--set',
      'sandbox.maxProcesses=2',
      '--trust-proxy',
    ]
    const ran = await runCli(args, {
      cwd,
      parts: { serve },
      io,
      env: { PLUGBAY_PORT: '6', PLUGBAY_HOST: '127.0.0.9' },
    })
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /http:\/\/127\.0\.0\.1:5\/admin\/#code=abc/)
    assert.equal(closed, 1)
    assert.equal(listening(), 0)
    assert.equal(given?.samples, false)
    const { port, host, data, limits, sandbox, trustProxy } = given?.config ?? assert.fail()
    assert.deepEqual(
      [port, host, data, limits.memoryMb, sandbox.maxProcesses, trustProxy],
      [5, '127.0.0.9', join(cwd, 'data'), 99, 2, true],
    )
  })

  it('prints one document with --json, and a second signal ends at once', async () => {
    const { io, send, exitedWith } = signals()
    const serve: CliParts['serve'] = async () => {
      setTimeout(send)
      return {
        url: 'http://x',
        adminUrl: 'http://x/admin/#code=1',
        async close() {
          send()
        },
      }
    }
    const ran = await runCli(['serve', '--json'], { cwd, parts: { serve }, io })
    assert.deepEqual(documentOf(ran), {
      ok: true,
      results: [{ id: 'serve', ok: true, url: 'http://x', adminUrl: 'http://x/admin/#code=1' }],
    })
    assert.equal(exitedWith(), 130)
  })

  it('says which value is wrong and starts nothing', async () => {
    const ran = await runCli(['serve', '--port', '99999', '--set', 'limits.memory=1', '--set', 'x'], { cwd })
    assert.equal(ran.code, 64)
    const config = await runCli(['serve', '--port', '99999', '--set', 'limits.memory=1'], { cwd })
    assert.equal(config.code, 1)
    assert.match(config.err, /flag --port: "99999" is not a whole number/)
    assert.match(config.err, /flag --set limits\.memory/)
  })

  it('explains a port that is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const serve: CliParts['serve'] = (config) =>
      new Promise((_, reject) => {
        createServer().on('error', reject).listen(config.port, config.host)
      })
    const ran = await runCli(['serve', '--port', String(port)], { cwd, parts: { serve } })
    taken.close()
    assert.equal(ran.code, 1)
    assert.match(
      ran.err,
      new RegExp(`Port ${port} is in use by another program\\n +→ Stop the program that uses it`),
    )
  })
})

describe('dev', () => {
  const startDev =
    (send: () => void, seen: DevOptions[]): CliParts['startDev'] =>
    async (_, options) => {
      seen.push(options)
      options.onEvent({ event: 'ready', url: 'http://x/plugins/a/', id: 'a' })
      options.onEvent({
        event: 'problem',
        problems: [{ code: 'SYNTAX_ERROR', message: 'Wrong', file: 'backend/index.ts', line: 2, column: 3 }],
      })
      options.onEvent({ event: 'log', level: 'warn', message: 'hm \u001b[2J' })
      options.onEvent({ event: 'swap', version: '1.0.0', ms: 12.4, change: 'css' })
      setTimeout(send)
      return { close: async () => undefined }
    }

  it('prints a line for each event with --json', async () => {
    const { io, send } = signals()
    const seen: DevOptions[] = []
    const ran = await runCli(['dev', '.', '--json', '--port', '4000'], {
      cwd,
      parts: { startDev: startDev(send, seen) },
      io,
    })
    assert.equal(ran.code, 0, ran.err)
    assert.deepEqual(
      ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
      ['ready', 'problem', 'log', 'swap'],
    )
    assert.equal(seen[0]?.port, 4000)
  })

  it('tells people the address, the problem with its place, and what is live', async () => {
    const { io, send } = signals()
    const ran = await runCli(['dev', '.'], { cwd, parts: { startDev: startDev(send, []) }, io })
    assert.match(ran.out, /a runs at http:\/\/x\/plugins\/a\//)
    assert.match(ran.out, /Wrong\n +backend\/index\.ts:2:3/)
    assert.match(ran.out, /warn {2}hm \\u001b\[2J\n/)
    assert.match(ran.out, /new styles are live; pages keep their state \(12 ms\)/)
  })

  it('fails with an event line when the folder is not there', async () => {
    const ran = await runCli(['dev', 'missing', '--json'], { cwd })
    assert.equal(ran.code, 1)
    assert.equal(JSON.parse(ran.out).problems[0].code, 'FILE_UNUSABLE')
  })
})

describe('doctor', () => {
  it('finds this machine able, and makes no data folder', async () => {
    const ran = await runCli(['doctor', '--port', '0', '--json'], { cwd })
    assert.equal(ran.code, 0, ran.out)
    const { results } = documentOf(ran)
    const levels = new Map(results.map(({ id, level }) => [id, level]))
    for (const id of ['node', 'isolated-vm', 'better-sqlite3', 'usb', 'data', 'lock', 'port'])
      assert.equal(levels.get(id), 'ok', id)
    assert.deepEqual([...levels.keys()].slice(-3), ['bwrap', 'usb bus', 'disk'])
    assert.deepEqual(readdirSync(cwd), [])
  })

  it('fails on a port that another program uses, and on a data folder that is a file', async () => {
    const taken = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    writeFileSync(join(cwd, 'file'), '')
    const ran = await runCli(['doctor', '--port', String(port), '--data', 'file/data'], { cwd })
    await new Promise((resolve) => taken.close(resolve))
    assert.equal(ran.code, 1)
    assert.match(ran.out, /^fail {2}port +127\.0\.0\.1:\d+ is in use by another program\n +→ Stop/m)
    assert.match(ran.out, /^fail {2}data .* is not writable \(ENOTDIR\)/m)
  })

  it('names the server that holds the data folder', async () => {
    const { lockFolder } = await import('../../plugin-store/folder-lock.ts')
    const lock = await lockFolder(cwd)
    try {
      const ran = await runCli(['doctor', '--port', '0', '--data', cwd], { cwd })
      assert.equal(ran.code, 0)
      assert.match(ran.out, new RegExp(`^warn {2}lock .*is in use by process ${process.pid}`, 'm'))
    } finally {
      lock.release()
    }
  })
})
