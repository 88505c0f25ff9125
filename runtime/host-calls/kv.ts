// The host calls behind env.kv: passed to the plugin's data process, which parses the arguments.

import type { DataProcesses } from '../data/data-processes.ts'
import type { Handlers, RelayHandler } from './host-calls.ts'

type KvHandlers = Pick<Handlers, 'kv.get' | 'kv.put' | 'kv.increment' | 'kv.delete' | 'kv.list'>

export function kvHandlers(data: DataProcesses): KvHandlers {
  const pass =
    (method: keyof KvHandlers): RelayHandler =>
    ({ pluginId, limits }, args, body) =>
      data.call({ pluginId, method, args, quotaBytes: limits.kvBytes }, body)
  return {
    'kv.get': pass('kv.get'),
    'kv.put': pass('kv.put'),
    'kv.increment': pass('kv.increment'),
    'kv.delete': pass('kv.delete'),
    'kv.list': pass('kv.list'),
  }
}
