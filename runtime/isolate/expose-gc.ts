// Lets the guest collect garbage: it must learn which keys and streams of the host are unreachable, and no finaliser runs in an
// isolate. The guest takes the function before plugin code runs, and overwrites it.

import { setFlagsFromString } from 'node:v8'

/** For isolates created afterwards. The flag is part of V8's code caches: call it before anything is compiled. */
export function exposeGc(): void {
  setFlagsFromString('--expose-gc')
}
