// Keeps V8 from placing new objects among the old ones. It learns while the program loads, when everything that is made stays,
// and goes by that for the objects of requests: these are then only ever freed by a full collection, with all that they lead to.
// To be imported before anything else.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--no-allocation-site-pretenuring')
