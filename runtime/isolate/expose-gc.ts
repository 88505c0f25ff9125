// Lets the guest collect garbage: it must learn which keys and streams of the host nobody holds any more, and in an isolate no
// finaliser runs. The guest takes the function before plugin code runs, and overwrites it.

import { setFlagsFromString } from 'node:v8'

/** For isolates made afterwards. A flag is part of V8's code caches: call it before anything is compiled. */
export function exposeGc(): void {
  setFlagsFromString('--expose-gc')
}
