// The program against itself: a real server in a child process, with the sample plugins, and the client commands.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { documentOf, type Ran, runCli } from './harness.ts'

const MAIN = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url))

interface Served {
  readonly url: string
  readonly adminUrl: string
  /** Sends the signal; resolves to the exit status. */
  stop(signal: NodeJS.Signals): Promise<number | null>
}

async function serve(args: readonly string[], cwd: string): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--json', '--log-level', 'error', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const { results } = await firstDocument(child)
  const { url, adminUrl } = results[0] ?? assert.fail('serve printed no result')
  return {
    url: String(url),
    adminUrl: String(adminUrl),
    stop(signal) {
      child.kill(signal)
      return exited
    },
  }
}

function firstDocument(child: ChildProcess): Promise<ReturnType<typeof documentOf>> {
  let out = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk
      if (out.endsWith('}\n')) resolve(JSON.parse(out))
    })
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${out}`)))
  })
}

describe('a server and the commands', () => {
  let cwd = ''
  let served: Served | undefined
  const server = (): Served => served ?? assert.fail('the server did not start')
  const cli = (...args: string[]): Promise<Ran> =>
    runCli(args, { cwd, env: { PLUGBAY_PORT: new URL(server().url).port }, parts: { openPackageTool } })

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'plugbay-serve-'))
    served = await serve(['--port', '0', '--set', 'sandbox.maxFailures=1000'], cwd)
  })
  after(async () => {
    await served?.stop('SIGKILL')
    rmSync(cwd, { recursive: true, force: true })
  })

  it('serves the sample plugins; the greedy one and the one with all data are disabled', async () => {
    const { results } = documentOf(await cli('list', '--json'))
    assert.deepEqual(
      results.map(({ id, enabled }) => [id, enabled]),
      [
        ['example-plugin', true],
        ['greedy-plugin', false],
        ['guestbook', true],
        ['notes', true],
        ['photos', true],
        ['usb-backup', false],
        ['usb-inspector', true],
      ],
    )
    const answer = await fetch(`${server().url}/plugins/example-plugin/api/example-endpoint/`)
    assert.equal(await answer.text(), '{"yay":"it worked"}')
    assert.match(server().adminUrl, /\/admin\/#code=[\w-]{20,}$/)
    const page = await fetch(server().adminUrl)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<script type="module"/)
  })

  it('changes settings, and the plugin sees them', async () => {
    const changed = await cli('settings', 'set', 'guestbook', 'title=Our guests')
    assert.equal(changed.code, 0, changed.err)
    const page = await fetch(`${server().url}/plugins/guestbook/api/page`)
    assert.deepEqual(await page.json(), { title: 'Our guests' })
    const wrong = await cli('settings', 'set', 'guestbook', 'entriesPerPage=many', '--json')
    assert.equal(wrong.code, 1)
    assert.deepEqual(
      documentOf(wrong).results.map(({ id, ok }) => [id, ok]),
      [['guestbook', false]],
    )
  })

  it('shows what a plugin logs', async () => {
    const body = JSON.stringify({ name: 'A', text: 'b' })
    const posted = await fetch(`${server().url}/plugins/guestbook/api/entries`, { method: 'POST', body })
    assert.equal(posted.status, 201)
    assert.match((await cli('logs', 'guestbook')).out, /info +new entry/)
  })

  it('installs a new plugin from its folder, disables, enables and uninstalls it', async () => {
    await cli('create', 'demo', '--template', 'js')
    const installed = await cli('install', 'demo', '--json')
    assert.equal(installed.code, 0, installed.out)
    assert.equal(documentOf(installed).results[0]?.outcome, 'created')
    const status = async () => (await fetch(`${server().url}/plugins/demo/api/hello`)).status
    assert.equal(await status(), 200)
    assert.equal(documentOf(await cli('install', 'demo', '--json')).results[0]?.outcome, 'unchanged')
    assert.equal((await cli('disable', 'demo')).code, 0)
    assert.equal(await status(), 404)
    assert.equal((await cli('enable', 'demo', 'nope')).code, 2)
    assert.equal(await status(), 200)
    assert.equal((await cli('rollback', 'demo')).code, 1)
    assert.equal((await cli('uninstall', 'demo')).code, 0)
    assert.equal(await status(), 404)
  })

  it('applies a set of plugins', async () => {
    assert.equal((await cli('apply', 'example-plugin', 'greedy-plugin')).code, 0)
    const { results } = documentOf(await cli('list', '--json'))
    assert.deepEqual(
      results.filter(({ enabled }) => enabled).map(({ id }) => id),
      ['example-plugin', 'greedy-plugin'],
    )
  })

  it('survives every misdeed of the greedy plugin, while another plugin answers', async () => {
    const { url } = server()
    await cli('enable', 'greedy-plugin', 'example-plugin')
    const list = () => fetch(`${url}/plugins/greedy-plugin/api/misdeeds`)
    const misdeeds = await (await list()).json()
    assert.equal(misdeeds.length, 9)
    for (const { name, statuses } of misdeeds) {
      // After some failures the runtime lets a plugin wait before it starts again.
      while ((await list()).status !== 200) await setTimeout(100)
      const misdeed = fetch(`${url}/plugins/greedy-plugin/api/${name}`, { method: 'POST' })
      const other = await fetch(`${url}/plugins/example-plugin/api/example-endpoint/`)
      assert.equal(other.status, 200, name)
      const { status } = await misdeed
      assert.ok(statuses.includes(status), `${name} answered ${status}`)
    }
  })

  it('refuses a wrong token', async () => {
    assert.equal((await cli('list', '--token', 'pbt_wrong')).code, 77)
  })

  it('ends with 0 at SIGINT, and a second start finds everything again', async () => {
    assert.equal(await server().stop('SIGINT'), 0)
    served = await serve(['--port', '0'], cwd)
    const { results } = documentOf(await cli('list', '--json'))
    assert.deepEqual(
      results.filter(({ enabled }) => enabled).map(({ id }) => id),
      ['example-plugin', 'greedy-plugin'],
    )
    assert.equal(await server().stop('SIGTERM'), 0)
  })
})
