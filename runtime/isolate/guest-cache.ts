// V8's code cache of our own guest. V8 compiles functions when they are first called, and puts into a cache what is compiled by then: so
// the guest is started once, and no isolate compiles what every start calls.
// Invariant: only our own guest runs here, outside of an isolate; never code of a plugin.

import { createContext, Script } from 'node:vm'
import type { BootConfig } from '../../sdk/protocol/guest-boot.ts'
import type { ScriptSource } from './guest-script.ts'
import { createHostFunctions } from './host-functions/host-functions.ts'

/** Of a guest that is started for the sake of its code. */
export const NO_PLUGIN: BootConfig = {
  ...{ pluginId: 'warm-up', version: '', grants: {}, settings: {} },
  ...{ maxHostCalls: 0, maxTimers: 0 },
}

type Boot = (config: string, names: string, ...functions: unknown[]) => unknown

export function startForCache({ code, filename }: ScriptSource): Uint8Array {
  const script = new Script(code, { filename })
  const boot = script.runInContext(createContext()) as Boot
  const functions = createHostFunctions()
  boot(JSON.stringify(NO_PLUGIN), JSON.stringify(Object.keys(functions)), ...Object.values(functions))
  return script.createCachedData()
}
