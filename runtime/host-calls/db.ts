// The host call behind env.db: passed to the plugin's data process, which reads and runs the statements.

import type { DataProcesses } from '../data/data-processes.ts'
import type { Handlers } from './host-calls.ts'

export function dbHandlers(data: DataProcesses): Pick<Handlers, 'db.query'> {
  return {
    'db.query': ({ pluginId, limits }, args, body) =>
      data.call({ pluginId, method: 'db.query', args, quotaBytes: limits.databaseBytes }, body),
  }
}
