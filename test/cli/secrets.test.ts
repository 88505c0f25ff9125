// plugbay secrets rotate, with and without a running server; plugbay doctor about the key file; secrets that are typed wrong.

import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { rotateSecrets } from '../../runtime/cli/rotate-secrets.ts'
import { install, send, startTestRuntime } from '../support/runtime.ts'
import { documentOf, runCli, startServer } from './harness.ts'

const SETTINGS = { type: 'object', properties: { apiKey: { type: 'string', format: 'secret' } } }
const VALUE = 'canary-kZ81-very-secret-value'
const parts = { rotateSecrets }

async function filledFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-secrets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const runtime = await startTestRuntime(t, { config: { data: folder } })
  await install(runtime, { id: 'keeper', manifest: { settings: SETTINGS }, backend: 'export default {}' })
  await send(runtime, 'PATCH', '/plugins/keeper/settings', { apiKey: VALUE })
  await runtime.close()
  return folder
}

const levelOf = async (folder: string) => {
  const ran = await runCli(['doctor', '--port', '0', '--data', folder, '--json'])
  return documentOf(ran).results.find(({ id }) => id === 'secrets')?.level
}

test('without a server the key is changed in the data folder, and only with consent when secrets would be lost', async (t) => {
  const folder = await filledFolder(t)
  const path = join(folder, 'secrets.key')
  const before = await readFile(path, 'utf8')
  const ran = await runCli(['secrets', 'rotate', '--data', folder], { parts })
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /A new key seals 1 secret; the old key is dropped/)
  assert.notEqual(await readFile(path, 'utf8'), before)
  assert.equal(await levelOf(folder), 'ok')
  await chmod(path, 0o644)
  assert.equal(await levelOf(folder), 'warn')
  await rm(path)
  assert.equal(await levelOf(folder), 'warn')
  const refused = await runCli(['secrets', 'rotate', '--data', folder], { parts })
  assert.equal(refused.code, 1)
  assert.match(refused.err, /"apiKey" of "keeper"/)
  const accepted = await runCli(['secrets', 'rotate', '--data', folder, '--accept-loss'], { parts })
  assert.equal(accepted.code, 0, accepted.err)
  assert.match(accepted.out, /! "apiKey" of "keeper" cannot be read: set it again/)
  assert.equal(await levelOf(folder), 'ok')
})

test('a running server changes its key itself', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, { id: 'keeper', manifest: { settings: SETTINGS }, backend: 'export default {}' })
  await send(runtime, 'PATCH', '/plugins/keeper/settings', { apiKey: VALUE })
  const path = join(runtime.config.data, 'secrets.key')
  const before = await readFile(path, 'utf8')
  const ran = await runCli(['secrets', 'rotate', '--json'], { env, parts })
  assert.deepEqual(documentOf(ran).results[0], { id: 'secrets', ok: true, rotated: 1, unreadable: [] })
  assert.notEqual(await readFile(path, 'utf8'), before)
  // The address is found by the configuration as well: the data folder is in use.
  const cwd = await mkdtemp(join(tmpdir(), 'plugbay-secrets-'))
  t.after(() => rm(cwd, { recursive: true, force: true }))
  const { port } = new URL(env.PLUGBAY_URL ?? '')
  await writeFile(
    join(cwd, 'plugbay.config.json'),
    JSON.stringify({ port: Number(port), data: runtime.config.data }),
  )
  const found = await runCli(['secrets', 'rotate'], {
    cwd,
    env: { PLUGBAY_TOKEN: env.PLUGBAY_TOKEN ?? '' },
    parts,
  })
  assert.equal(found.code, 0, found.err)
  assert.match(found.out, /seals 1 secret/)
})

test('a secret is printed by no command, also when it is set or typed wrong', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, { id: 'keeper', manifest: { settings: SETTINGS }, backend: 'export default {}' })
  const io = { readSecret: async () => `${VALUE}\n` }
  const run = async (verb: string, ...args: string[]) => {
    const ran = await runCli(['settings', verb, ...args], { env, io })
    assert.ok(!`${ran.out}${ran.err}`.includes(VALUE), `${verb} ${args.join(' ')}: ${ran.out}${ran.err}`)
    return ran
  }
  for (const args of [
    [`apiKey=${VALUE}`],
    [`apiKey:${VALUE}`],
    [VALUE],
    [`unknown=${VALUE}`],
    [`apiKey=${VALUE}`, '--json'],
  ])
    assert.notEqual((await run('set', 'keeper', ...args)).code, 0)
  const onLine = await run('set', 'keeper', `apiKey=${VALUE}`)
  assert.deepEqual([onLine.code, /read from standard input/.test(onLine.err)], [64, true])
  assert.match((await run('show', 'keeper')).out, /apiKey +– +default/)
  assert.equal((await run('set', 'keeper', 'apiKey')).code, 0)
  assert.match((await run('show', 'keeper')).out, /apiKey +\(secret\) +stored/)
  for (const verb of ['list', 'env', 'template']) assert.equal((await run(verb)).code, 0)
  const [row] = await runtime.store.settings.get('keeper')
  assert.equal(row?.value, VALUE, 'without the line break')
})
