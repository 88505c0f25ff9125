// Runs inside the virtual machine: a whole runtime with a plugin that keeps files on drives. The test outside plugs sticks, and says
// what is done with them.

import { createApp } from '../../../runtime/app.ts'
import { commandOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'
import { api, install, startTestRuntime } from '../../support/runtime.ts'
import { say, serveCommands } from './commands.ts'
import { mount, unmount } from './mounting.ts'
import { startUdisks } from './system-services.ts'

/** Files are filled with a pattern that the test knows. With a pause, a file takes long enough for something to happen meanwhile. */
const BACKEND = `
const PIECE = 65536
const told = []
const written = {}
const folders = new Map()
const open = async (env, volume) => {
  const folder = await env.volumes.open(volume)
  folders.set(volume, folder)
  return folder
}
const steps = {
  list: (_, env) => env.volumes.list(),
  told: () => told,
  progress: ({ volume }) => written[volume] ?? 0,
  async write({ volume, name, pieces, seed, pause = 0 }, env) {
    const file = await (await open(env, volume)).getFileHandle(name, { create: true })
    const stream = await file.createWritable()
    try {
      for (let index = 0; index < pieces; index++) {
        await stream.write(new Uint8Array(PIECE).fill(seed + index))
        written[volume] = index + 1
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
      }
      await stream.close()
    } catch (error) {
      await stream.abort().catch(() => undefined)
      throw error
    } finally {
      delete written[volume]
    }
    return (await file.getFile()).size
  },
  // From a folder that was opened before, where there is one: what became of it is the question.
  async read({ volume, name, again }, env) {
    const folder = again ? folders.get(volume) : await open(env, volume)
    const file = await (await folder.getFileHandle(name)).getFile()
    return { hash: new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())).toHex() }
  },
  eject: ({ volume }, env) => env.volumes.eject(volume),
  async names({ volume }, env) {
    const names = []
    for await (const name of (await open(env, volume)).keys()) names.push(name)
    return names.sort()
  },
}
const note = (kind) => ({ data }) => void told.push([kind, data.id, data.filesystem])
export default {
  events: { 'volume.mounted': note('mounted'), 'volume.unmounted': note('unmounted') },
  async fetch(request, env) {
    const { step, ...args } = await request.json()
    try {
      return Response.json((await steps[step](args, env)) ?? null)
    } catch (error) {
      return Response.json({ error: error.name, message: error.message })
    }
  },
}
`

const runtime = await startTestRuntime(
  { after: () => undefined },
  {
    config: {
      sandbox: { jail: 'bwrap' },
      volumes: { udisks: true },
      limits: { deadlineMs: 120_000, cpuMs: 60_000, cpuPercent: 400 },
    } as never,
  },
)
const permissions = { volumes: 'eject', events: ['volume.*'] }
await install(runtime, { id: 'keeper', backend: BACKEND, manifest: { permissions } })
const app = createApp(runtime)

async function keeper(args: object): Promise<unknown> {
  const url = 'http://127.0.0.1:3000/plugins/keeper/api/'
  const response = await app.request(url, { method: 'POST', body: JSON.stringify(args) })
  return await response.json()
}

say('jail', runtime.jail.kind)
const started = new Map<string, Promise<unknown>>()
serveCommands({
  mount,
  unmount,
  keeper,
  /** What the keeper does while the test goes on; `finish` waits for it. */
  start: ({ key, ...args }: { readonly key: string }) => void started.set(key, keeper(args)),
  finish: ({ key }: { readonly key: string }) => started.get(key),
  volumes: async () => (await api(runtime, '/volumes')).json(),
  startUdisks,
  async manage({ id, verb }: { readonly id: string; readonly verb: string }) {
    const response = await api(runtime, `/volumes/${id}/${verb}`, { method: 'POST' })
    return response.status === 204 ? 'done' : await response.json()
  },
  filesProcesses: () =>
    descendantsOf(process.pid).filter((pid) => commandOf(pid).some((word) => /\/files[-.]/.test(word)))
      .length,
})
