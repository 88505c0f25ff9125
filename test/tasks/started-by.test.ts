// Who started a task: the user whose request or task has scheduled it is known to the task, its log and the API.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp } from '../../runtime/index.ts'
import type { TypeOf } from '../../sdk/api/shape.ts'
import type { TaskLogLines, TaskView } from '../../sdk/api/tasks.ts'
import { api, install, startTestRuntime, until } from '../support/runtime.ts'

const runtime = await startTestRuntime(
  { after },
  {
    // The cookie of the page is the name of its user.
    authenticate: async (request) => {
      const name = request.headers.get('cookie')
      return name === null ? null : { name, permissions: ['secret.power'], kind: 'application' }
    },
  },
)
await install(runtime, {
  id: 'worker',
  backend: `
    export default {
      async fetch(request, env) {
        const { pathname } = new URL(request.url)
        // Meanwhile the turn of the other request comes.
        for (let count = 0; pathname === '/together' && count < 20; count += 1) await env.kv.get('nothing')
        const { id } = await env.tasks.schedule(pathname === '/chain' ? 'chain' : 'echo')
        return new Response(id)
      },
      tasks: {
        echo: (task, env, ctx) => ({ startedBy: task.startedBy, user: ctx.user }),
        chain: async (task, env) => (await env.tasks.schedule('echo')).id,
      },
    }`,
  manifest: {
    permissions: { tasks: true, kv: true },
    contributes: { tasks: ['echo', 'chain'].map((id) => ({ id, onDemand: true })) },
  },
})

async function scheduled(path: string, user?: string): Promise<string> {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/worker/api${path}`, {
    headers: { ...(user !== undefined && { cookie: user }) },
  })
  assert.equal(response.status, 200)
  return await response.text()
}

async function ended(id: string): Promise<TaskView> {
  return await until('the task has ended', async () => {
    const task = (await (await api(runtime, `/tasks/${id}`)).json()) as TaskView
    return task.finishedAt === null ? undefined : task
  })
}

const starter = (user?: string) => ({ kind: 'plugin', name: 'worker', ...(user !== undefined && { user }) })

test("a task that a request schedules is the plugin's, for the user of the request: in the API, the handler and the log", async () => {
  const { startedBy, result, id } = await ended(await scheduled('/', 'ada'))
  assert.deepEqual(startedBy, starter('ada'))
  // What ada may do is not kept: it could have changed when the task runs.
  assert.deepEqual(result, { startedBy: starter('ada'), user: { name: 'ada', permissions: [] } })
  const { items } = (await (await api(runtime, `/tasks/${id}/log`)).json()) as TypeOf<typeof TaskLogLines>
  assert.ok(items.some(({ text }) => text === 'Executed by the plugin "worker" for user "ada"'))
})

test('a stranger is no user', async () => {
  const { startedBy, result } = await ended(await scheduled('/'))
  assert.deepEqual(startedBy, starter())
  assert.deepEqual(result, { startedBy: starter(), user: null })
})

test('requests that are open at the same time are told apart', async () => {
  const ids = await Promise.all([scheduled('/together', 'ada'), scheduled('/together', 'ben')])
  assert.deepEqual(
    (await Promise.all(ids.map(ended))).map(({ startedBy }) => startedBy),
    [starter('ada'), starter('ben')],
  )
})

test('a task that a task schedules is for the same user', async () => {
  const { result } = await ended(await scheduled('/chain', 'ada'))
  assert.deepEqual((await ended(String(result))).startedBy, starter('ada'))
})
