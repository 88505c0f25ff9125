// The backend of the plugin that runs the cases: one for each request, in a new folder.

import type { Env } from '../../../../sdk/plugin-api/env.ts'
import { directories } from './cases/directories.ts'
import { getting } from './cases/getting.ts'
import { moving } from './cases/moving.ts'
import { piping } from './cases/piping.ts'
import { removing } from './cases/removing.ts'
import { same } from './cases/same.ts'
import { writable } from './cases/writable.ts'
import { writing } from './cases/writing.ts'
import type { Cases } from './kit.ts'

const ALL: readonly Cases[] = [same, getting, directories, removing, moving, writable, writing, piping]

export default {
  async fetch(request: Request, env: Pick<Env, 'volumes'>): Promise<Response> {
    if (request.method === 'GET') return Response.json(ALL.map((cases) => Object.keys(cases)))
    const [group, title] = (await request.json()) as [number, string]
    const [volume] = await env.volumes.list()
    const run = ALL[group]?.[title]
    if (volume === undefined || run === undefined) throw new Error('There is no such case')
    const own = await env.volumes.open(volume.id)
    try {
      await run(await own.getDirectoryHandle(crypto.randomUUID(), { create: true }))
      return Response.json('passed')
    } catch (error) {
      return Response.json(String(error instanceof Error ? error.stack : error))
    }
  },
}
