// The host calls behind env.db: statements are passed to the plugin's data process, which parses and runs them; a cursor, which
// is a handle of the instance, reads the rows of a large result.

import type { CursorBatch } from '../data/data-cursors.ts'
import { DataCursor } from '../data/data-cursors.ts'
import type { DataProcesses } from '../data/data-processes.ts'
import { PlugbayError } from '../errors.ts'
import type { HandleTable } from '../sandbox/instance/handles.ts'
import type { Handlers } from './host-calls.ts'

type DbHandlers = Pick<Handlers, 'db.query' | 'db.open' | 'db.next' | 'db.close'>

export function dbHandlers(data: DataProcesses): DbHandlers {
  return {
    'db.query': ({ pluginId, limits, isReadOnly }, args, body) => {
      const method = isReadOnly ? 'db.read' : 'db.query'
      return data.call({ pluginId, method, args, quotaBytes: limits.databaseBytes }, body)
    },

    /** Returns the first rows, and a handle if there are more. */
    async 'db.open'({ pluginId }, _args, body, { handles }) {
      let first: CursorBatch | undefined
      const handle = await handles.open('cursor', async () => {
        const { cursor, ...batch } = await data.openCursor(pluginId, body)
        first = batch
        return batch.isDone ? undefined : cursor
      })
      return { head: { handle }, body: first?.rows }
    },

    /** Returns whether these are the last rows; the handle is closed then. */
    async 'db.next'(_caller, [handle], _body, { handles }) {
      try {
        const { rows, isDone } = await cursorOf(handles, handle).next()
        if (isDone) await handles.close('cursor', handle)
        return { head: isDone, body: rows }
      } catch (error) {
        await handles.close('cursor', handle)
        throw error
      }
    },

    async 'db.close'(_caller, [handle], _body, { handles }) {
      await handles.close('cursor', handle)
      return { head: null }
    },
  }
}

function cursorOf(handles: HandleTable, handle: unknown): DataCursor {
  const cursor = handles.get('cursor', handle)
  if (!(cursor instanceof DataCursor)) throw new PlugbayError('HANDLE_CLOSED', 'The handle is not a cursor')
  return cursor
}
