// To be imported before anything else: `import 'plugbay/v8-flags'` (docs/performance.md).
// While a program loads, everything that it allocates stays, so V8 learns to place the objects of those allocation sites in the
// old generation. The sites are shared: the objects of requests are born old there, and whatever they refer to survives with
// them until the next full collection. This flag keeps V8 from learning that.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--no-allocation-site-pretenuring')
