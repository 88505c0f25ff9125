// To be imported before anything else: `import 'plugbay/v8-flags'` (docs/performance.md).
// While a program loads, everything that it allocates stays, so V8 learns to place the objects of those allocation sites in the
// old generation. The sites are shared: the objects of requests are born old there, and whatever they refer to survives with
// them until the next full collection. This flag keeps V8 from learning that.

import { setFlagsFromString } from 'node:v8'
import './needs-node.ts'

setFlagsFromString('--no-allocation-site-pretenuring')
// V8 collects a small heap again after a few megabytes more, and buffers count: a body that streams through would cost a full
// collection for every eight megabytes of it. This lets the heap grow to two and a half times of what was alive.
setFlagsFromString('--heap-growing-percent=150')
