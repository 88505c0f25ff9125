// Forwards the lines of a plugin's log, from its first line on, each once.

import type { LogLine } from '../../sdk/api/logs.ts'
import type { Plugins } from '../lifecycle/plugins.ts'

/** Lines written before the subscription; more than a plugin writes while it is loaded. */
const EARLIER_LINES = 200

/** Resolves with the function that unsubscribes. Rejects with PLUGIN_UNKNOWN. */
export async function followLog(
  plugins: Pick<Plugins, 'logs' | 'subscribeLogs'>,
  id: string,
  onLine: (line: LogLine) => void,
): Promise<() => void> {
  let last = 0
  let waiting: LogLine[] | undefined = []
  const hand = (line: LogLine): void => {
    if (line.seq <= last) return
    last = line.seq
    onLine(line)
  }
  const stop = plugins.subscribeLogs(id, (line) => (waiting === undefined ? hand(line) : waiting.push(line)))
  try {
    const { items } = await plugins.logs(id, { limit: EARLIER_LINES })
    for (const line of items.toReversed()) hand(line)
  } catch (error) {
    stop()
    throw error
  }
  for (const line of waiting) hand(line)
  waiting = undefined
  return stop
}
