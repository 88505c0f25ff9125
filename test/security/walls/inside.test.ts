// What code can do that has broken out of an isolate, or out of a parser, into the JavaScript of a real child process.
// The same attempts are made in a process without walls, where they work: so the test can fail.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type ChildEntry, type ChildName, childEntry } from '../../../runtime/bundles/children.ts'
import { createLog, type Log } from '../../../runtime/log.ts'
import { Child } from '../../../runtime/processes/child.ts'
import type { ChildRights } from '../../../runtime/processes/child-flags.ts'
import { type Jail, NO_JAIL } from '../../../runtime/processes/jail/jail.ts'
import { JAIL } from '../../support/jail.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import { record } from '../helpers/record.ts'
import { ATTEMPTS, type Target } from './attempts.ts'

/** As their owners start them, with the folder that they are given. */
const KINDS: Readonly<Partial<Record<ChildName, (folder: string) => ChildRights>>> = {
  sandbox: () => ({ addons: true, noSnapshot: true }),
  data: (folder) => ({ read: [folder], write: [folder] }),
  package: (folder) => ({ read: [folder], write: [folder], childProcess: true, heapMb: 1024 }),
  'source-map': (folder) => ({ read: [folder], heapMb: 512 }),
  compression: () => ({ heapMb: 128 }),
  template: () => ({ heapMb: 128, wasmPages: 2048 }),
}

for (const [kind, rights] of Object.entries(KINDS)) {
  for (const jail of JAIL.kind === 'bwrap' ? [NO_JAIL, JAIL] : [NO_JAIL]) {
    const place = jail.kind === 'bwrap' ? 'the jail' : 'no jail'
    test(`code that took over the ${kind} process can do nothing, in ${place}`, async (t) => {
      const target = await aim(t)
      const { folder } = target
      const entry = join(folder, 'entry.mjs')
      const { url, code } = childEntry(kind as ChildName)()
      await writeFile(entry, programOf(target, `await import(${JSON.stringify(url.href)})`))
      const given = join(folder, 'given')
      await mkdir(given)
      const program: ChildEntry = { url: pathToFileURL(entry), code: [...code, entry] }
      const worked = await outcome(t, { program, jail, rights: rights(given) })
      assert.deepEqual(worked, [])
      assert.equal(target.visits(), 0)
      record({
        id: `W-${kind}-${jail.kind}`,
        area: 'walls',
        title: `code in the ${kind} process`,
        culprit: 'every attempt refused',
      })
    })
  }
}

test('without walls, the attempts work', async (t) => {
  const target = await aim(t)
  const entry = join(target.folder, 'entry.mjs')
  await writeFile(entry, programOf(target, ''))
  // Its server answers in this process.
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'pipe'], env: { A: 'b' } })
  const stderr = await text(child.stderr)
  const worked = JSON.parse(stderr.slice(stderr.indexOf('[')))
  for (const name of [
    ...['fs', 'child_process', 'worker_threads', 'sqlite', 'v8', 'module'].flatMap((module) =>
      ['process.getBuiltinModule', 'import()'].map((way) => `load ${module} by ${way}`),
    ),
    'import a data: URL',
    'read a file',
    'start a process',
    'start a thread with rights of its own',
    'read a database by ATTACH',
    'signal the runtime',
    'signal the runtime, past the check',
    'write a report',
    'see the environment',
    'put a function back',
    'reach the network by fetch',
    'call process.abort',
    'call process.reallyExit',
  ])
    assert.ok(worked.includes(name), `${name}: ${stderr}`)
  assert.ok(target.visits() >= 2, 'by fetch and by WebSocket')
})

interface Aim extends Target {
  readonly folder: string
  visits(): number
}

async function aim(t: TestContext): Promise<Aim> {
  const folder = await temporaryFolder(t)
  let visits = 0
  const server = createServer((_request, response) => response.end('reached'))
  server.on('connection', () => visits++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const database = join(folder, 'other.db')
  const file = new DatabaseSync(database)
  file.exec("CREATE TABLE secrets (text TEXT); INSERT INTO secrets VALUES ('x')")
  file.close()
  const { port } = server.address() as AddressInfo
  return { folder, port, database, runtime: process.pid, visits: () => visits }
}

/** What it has to say goes to its standard error: the walls leave it nothing else but the frames. */
function programOf(target: Aim, start: string): string {
  const { port, database, runtime } = target
  return `import { writeSync } from 'node:fs'
${start}
const target = ${JSON.stringify({ port, database, runtime })}
const worked = await (async () => {${ATTEMPTS}})()
writeSync(2, JSON.stringify(worked))
process.exit(0)
`
}

async function outcome(
  t: TestContext,
  place: { readonly program: ChildEntry; readonly jail: Jail; readonly rights: ChildRights },
): Promise<readonly string[]> {
  let said = ''
  const log = createLog('silent')
  log.child = (() => log) as unknown as Log['child']
  log.warn = ((fields: { stderr?: string }) => {
    said = fields.stderr ?? ''
  }) as Log['warn']
  const child = new Child({
    name: 'taken over',
    entry: place.program,
    rights: place.rights,
    jail: place.jail,
    log,
    onFrame: () => undefined,
    onExit: () => undefined,
  })
  t.after(async () => {
    child.kill('the test is over')
    await child.exited
  })
  const { code } = await child.exited
  assert.equal(code, 0, said)
  return JSON.parse(said) as string[]
}
