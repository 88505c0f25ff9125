// The log of a plugin: pages of it, newest first, or its lines live.
// Invariant: a reader with Last-Event-ID or ?limit sees each line once, in order, with no gap between old and new ones.

import { listOf } from '../../../sdk/api/lists.ts'
import { LOG_EVENTS, type LogLevel, LogLine, LogQuery } from '../../../sdk/api/logs.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import { LOG_LEVELS } from '../../../sdk/protocol/log-levels.ts'
import type { Plugins } from '../../lifecycle/plugins.ts'
import { lastEventId } from './event-stream.ts'
import { defineRoute, type RouteInput } from './route.ts'
import { wantsEvents } from './wants-events.ts'

/** Maximum number of missed lines that a client gets. */
const MAX_OLDER_LINES = 1000

export const logRoutes = [
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/logs',
    operationId: 'getLogs',
    summary: 'The log of a plugin; with Accept: text/event-stream it is followed',
    tag: 'logs',
    permission: 'plugins.view',
    params: PluginParams,
    query: LogQuery,
    responses: {
      200: { description: 'Lines, newest first', schema: listOf(LogLine), events: LOG_EVENTS },
    },
    errors: ['PLUGIN_UNKNOWN', 'TOO_MANY_LISTENERS'],
    async handle(input) {
      if (wantsEvents(input.request)) return follow(input)
      const page = await input.services.plugins.logs(input.params.id, input.query)
      return { status: 200, json: page, headers: { vary: 'accept' } }
    },
  }),
]

async function follow(input: RouteInput<{ id: string }, LogQuery>): Promise<Response> {
  const { params, query, request, principal, services, stillAllowed, onEnded, streams } = input
  const seen = lastEventId(request)
  // Rejects for an unknown plugin before subscribing.
  await services.plugins.get(params.id)
  const early: LogLine[] = []
  let take = (line: LogLine): void => void early.push(line)
  const stop = services.plugins.subscribeLogs(params.id, (line) => take(line))
  try {
    const older = await olderLines(services.plugins, params.id, { seen, query })
    return streams.open({
      request,
      principal,
      stillAllowed,
      onEnded,
      start(send) {
        let last = seen ?? 0
        take = (line) => {
          if (line.seq <= last || !isAtLeast(line.level, query.level)) return
          last = line.seq
          send({ event: 'log', id: line.seq, data: line })
        }
        for (const line of [...older, ...early]) take(line)
        return stop
      },
    })
  } catch (error) {
    stop()
    throw error
  }
}

interface Wanted {
  readonly seen: number | undefined
  readonly query: LogQuery
}

/** Oldest first: lines after `seen`, or the last `limit` lines. */
async function olderLines(
  plugins: Plugins,
  id: string,
  { seen, query }: Wanted,
): Promise<readonly LogLine[]> {
  const most = seen === undefined ? (query.limit ?? 0) : MAX_OLDER_LINES
  const lines: LogLine[] = []
  let cursor: string | null = null
  while (lines.length < most) {
    const page = await plugins.logs(id, {
      limit: Math.min(200, most - lines.length),
      ...(query.level === undefined ? {} : { level: query.level }),
      ...(cursor === null ? {} : { cursor }),
    })
    const unseen = page.items.filter((line) => line.seq > (seen ?? 0))
    lines.push(...unseen)
    cursor = page.nextCursor
    if (cursor === null || unseen.length < page.items.length) break
  }
  return lines.reverse()
}

function isAtLeast(level: LogLevel, wanted: LogLevel | undefined): boolean {
  return wanted === undefined || LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted)
}
