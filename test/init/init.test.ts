// Steps that set the application up: order, once for a release, on demand, failures, scripts and handlers.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { defineHost, type HostDeclaration } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { InitSteps } from '../../sdk/api/init.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import type { TaskLogLine, TaskView } from '../../sdk/api/tasks.ts'
import type { InitScript } from '../../sdk/host/init.ts'
import { runCli, startServer } from '../cli/harness.ts'
import {
  api,
  install,
  logLines,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const scope = sharedScope()
const ran: (Pick<InitScript, 'plugin' | 'name' | 'stage'> & { readonly script: string })[] = []
const happened: string[] = []
let fail = ''
const folder = await temporaryFolder(scope)
await writeFile(join(folder, 'values.yml'), 'LMS_HOST: www.example.com\n')
const host = defineHost({
  id: 'library',
  version: '1.0.0',
  templates: { values: join(folder, 'values.yml') },
  init: {
    async run(script, { plugin, name, stage, log }) {
      ran.push({ plugin, name, stage, script })
      happened.push(`${stage} ${plugin} ${name}`)
      log(`ran ${name}`)
      if (fail === name) throw new Error('the database is away')
    },
    async own({ log }) {
      happened.push('own')
      log('own steps')
    },
  },
}) satisfies HostDeclaration
const runtime = (await startTestRuntime(scope, { host })) as unknown as Runtime

const scripts = (
  id: string,
  files: Record<string, string>,
  more: Partial<PluginSource> = {},
): PluginSource => ({
  id,
  ...more,
  files: Object.fromEntries(
    Object.entries(files).map(([path, text]) => [`templates/${id}/hooks/${path}`, text]),
  ),
  manifest: { templates: 'templates', ...more.manifest },
})
async function init(body: object = {}): Promise<TaskView> {
  happened.length = 0
  const answer = await send(runtime, 'POST', '/init', body)
  assert.equal(answer.status, 202, await answer.clone().text())
  const { id } = (await answer.json()) as { readonly id: string }
  return await until('the task ends', async () => {
    const task = (await (await api(runtime, `/tasks/${id}`)).json()) as TaskView
    return task.finishedAt === null ? undefined : task
  })
}
const logOf = async ({ id }: TaskView) =>
  (
    (await (await api(runtime, `/tasks/${id}/log`)).json()) as { readonly items: readonly TaskLogLine[] }
  ).items.map(({ text }) => text)

const BEE = scripts(
  'bee',
  {
    'db/pre-init': 'create {{ BEE_NAME }}{{ patch("create-options") }}\n',
    'db/init': '  migrate {{ LMS_HOST }} {% include "bee/hooks/part" %}\n',
    part: 'with {{ BEE_NAME }}',
  },
  {
    manifest: { values: { defaults: { NAME: 'hive' } }, contributes: { init: { pre: ['db'], run: ['db'] } } },
  },
)
const ANT = scripts(
  'ant',
  { 'queue/init': 'queue' },
  {
    backend: `export default { init: { 'seed': async ({ stage }, env, ctx) => { env.log.info('seeded in ' + stage + ' for ' + ctx.user.name) } } }`,
    manifest: {
      contributes: {
        init: { run: ['queue', 'seed'] },
        patches: { 'create-options': ' --for {{ LMS_HOST }}' },
      },
    },
  },
)

test('hooks.pre-init / init: pre of all plugins, then the application, then run of all, each script rendered', async () => {
  await install(runtime, BEE)
  await install(runtime, ANT)
  const task = await init()
  assert.deepEqual([task.state, task.problem, task.plugin], ['succeeded', null, null])
  assert.deepEqual(happened, ['pre bee db', 'own', 'run ant queue', 'run bee db'])
  assert.deepEqual(
    ran.map(({ script }) => script),
    ['create hive --for www.example.com', 'queue', 'migrate www.example.com with hive'],
  )
  assert.deepEqual(task.result, {
    done: ['pre bee: db', 'the application', 'run ant: queue', 'run ant: seed', 'run bee: db'],
  })
  const lines = await logOf(task)
  for (const line of ['pre bee: db', 'ran db', 'own steps', 'Done']) assert.ok(lines.includes(line), line)
  assert.ok((await logLines(runtime, 'ant')).some(({ message }) => /seeded in run for admin/.test(message)))
})

test('a step runs once for a release; on demand it runs again, and a new release runs its own', async () => {
  await init()
  assert.deepEqual(happened, ['own'])
  await init({ limit: 'bee' })
  assert.deepEqual(happened, ['pre bee db', 'run bee db'])
  await install(runtime, { ...BEE, version: '1.1.0' })
  const { items } = (await (await api(runtime, '/init')).json()) as InitSteps
  assert.deepEqual(
    items.map(({ plugin, stage, name, kind, version, done }) =>
      [plugin, stage, name, kind, version, done].join(' '),
    ),
    [
      'bee pre db script 1.1.0 1.0.0',
      'ant run queue script 1.0.0 1.0.0',
      'ant run seed handler 1.0.0 1.0.0',
      'bee run db script 1.1.0 1.0.0',
    ],
  )
  await init()
  assert.deepEqual(happened, ['pre bee db', 'own', 'run bee db'])
  await init({ again: true })
  assert.deepEqual(happened, ['pre bee db', 'own', 'run ant queue', 'run bee db'])
})

test('the first step that fails ends the task with plugin, step and reason; the next one begins with it', async () => {
  fail = 'queue'
  const task = await init({ again: true })
  assert.deepEqual([task.state, task.problem?.code], ['failed', 'INIT_FAILED'])
  assert.equal(task.problem?.message, 'The step "queue" (run) of "ant" failed: the database is away')
  assert.deepEqual(happened, ['pre bee db', 'own', 'run ant queue'])
  fail = ''
  assert.equal((await init()).state, 'succeeded')
})

test('a script that cannot be rendered fails with the template, and its step has not run', async () => {
  const broken = scripts(
    'cow',
    { 'x/init': 'echo {{ COW_NAME }}' },
    { manifest: { contributes: { init: { run: ['x'] } } } },
  )
  await install(runtime, broken)
  const task = await init({ limit: 'cow' })
  assert.match(task.problem?.message ?? '', /^The step "x" \(run\) of "cow" failed: .*COW_NAME/)
  assert.deepEqual(happened, [])
  await send(runtime, 'DELETE', '/plugins/cow?data=delete')
})

test('a handler that fails, and one that is missing, name their plugin', async () => {
  const backend = `export default { init: { bad: () => { throw new Error('no bucket') } } }`
  await install(runtime, { id: 'dog', backend, manifest: { contributes: { init: { pre: ['bad'] } } } })
  assert.match(
    (await init({ limit: 'dog' })).problem?.message ?? '',
    /^The step "bad" \(pre\) of "dog" failed: Error: no bucket/,
  )
  await install(runtime, {
    id: 'dog',
    version: '1.1.0',
    backend,
    manifest: { contributes: { init: { pre: ['bda'] } } },
  }).then(
    () => assert.fail('a handler that is missing was accepted'),
    (error: unknown) =>
      assert.match(String(error), /exports no \\"init\.bda\\"[\s\S]+Did you mean \\"bad\\"/),
  )
  await send(runtime, 'DELETE', '/plugins/dog?data=delete')
})

test('a step with neither script nor backend is refused with the path of the script', async () => {
  const answer = await send(runtime, 'POST', '/init', { limit: 'nobody' })
  assert.deepEqual([answer.status, ((await answer.json()) as ProblemDocument).code], [404, 'PLUGIN_UNKNOWN'])
  await install(
    runtime,
    scripts('eel', { 'x/init': 'x' }, { manifest: { contributes: { init: { run: ['y'] } } } }),
  ).then(
    () => assert.fail('a step without anything was accepted'),
    (error: unknown) => assert.match(String(error), /templates\/eel\/hooks\/y\/init/),
  )
})

test('the standalone server runs no script unless its operator allows a shell; then in a shell of its own', async (t) => {
  const SHELL = scripts(
    'scripted',
    {
      'x/init': 'echo "in $(basename "$PWD")"; env >&2; echo made > made.txt',
      'y/init': 'false\necho never',
    },
    { manifest: { contributes: { init: { run: ['x', 'y'] } } } },
  )
  const denied = await startServer(t)
  await install(denied.runtime, SHELL)
  const refused = await runCli(['init'], { env: denied.env })
  assert.equal(refused.code, 1)
  assert.match(
    refused.err,
    /The step "x" \(run\) of "scripted" failed: Nothing here may run scripts; the config "init\.runner" can allow it/,
  )
  const allowed = await startServer(t, undefined, { init: { runner: 'shell' } })
  await install(allowed.runtime, SHELL)
  const { code, out, err } = await runCli(['init', '--limit', 'scripted'], { env: allowed.env })
  assert.equal(code, 1)
  assert.match(out, /run scripted: x\nin init\n/)
  assert.match(out, /^PATH=/m)
  assert.doesNotMatch(out, /PLUGBAY|HOME=/)
  assert.match(err, /The step "y" \(run\) of "scripted" failed: The script ended with status 1/)
  assert.doesNotMatch(out, /never/)
  assert.equal(await readFile(join(allowed.runtime.config.data, 'init', 'made.txt'), 'utf8'), 'made\n')
  assert.match(
    (await runCli(['init', 'list'], { env: allowed.env })).out,
    /run +scripted +x +script +done\nrun +scripted +y +script +not yet/,
  )
})

test('a task that is cancelled ends the script and all that it has started', async (t) => {
  const { runtime: server } = await startServer(t, undefined, { init: { runner: 'shell' } })
  const LONG = scripts(
    'long',
    { 'x/init': 'sleep 600 & echo $! > pid; echo started; wait' },
    { manifest: { contributes: { init: { run: ['x'] } } } },
  )
  await install(server, LONG)
  const { id } = (await (await send(server, 'POST', '/init', {})).json()) as { readonly id: string }
  const pid = await until('the script has started', async () => {
    const text = await readFile(join(server.config.data, 'init', 'pid'), 'utf8').catch(() => '')
    return text.endsWith('\n') ? Number(text) : undefined
  })
  assert.equal((await send(server, 'POST', `/tasks/${id}/cancel`)).status, 200)
  await until('what it had started has ended', async () => {
    try {
      process.kill(pid, 0)
      // A zombie has ended, too: this process cannot wait for it.
      return (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z ') || undefined
    } catch {
      return true
    }
  })
})
