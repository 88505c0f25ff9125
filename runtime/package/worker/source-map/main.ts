// The source-map process: finds positions of linked scripts in the author's files.
// Invariant: it may read artifacts, and write nothing; it holds the maps of the last few releases asked for.

import { confineProcess } from '../../../processes/child/confine.ts'
import { serveWorker } from '../../../processes/child/serve-worker.ts'
import type { LookupJob } from '../../format/source-maps.ts'
import { createLookup } from './lookup.ts'

const lookup = createLookup()

serveWorker((job) => ({ head: lookup(job as LookupJob) }))
confineProcess()
