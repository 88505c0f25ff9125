// The parts of the benchmark, by the names that `--only` takes.

import { childStart } from '../moments/child-start.ts'
import { fairness } from '../moments/fairness.ts'
import { firstRequest } from '../moments/first-request.ts'
import { manyPlugins } from '../moments/many-plugins.ts'
import { memoryPerPlugin } from '../moments/memory.ts'
import { type Moment, measureMoments } from '../moments/moment.ts'
import { recovery } from '../moments/recovery.ts'
import { saveToServed } from '../moments/save.ts'
import { serverStart } from '../moments/server-start.ts'
import { uploadToAnswer } from '../moments/upload.ts'
import { measureAdmin } from './admin.ts'
import { measureBackup } from './backup.ts'
import { measureEvents } from './events.ts'
import { measureFiles } from './files.ts'
import { measureHooks } from './hooks.ts'
import type { Part, PartOptions } from './part.ts'
import { measureSockets } from './sockets.ts'
import { measureStreams } from './streams.ts'
import { measureTasks } from './tasks.ts'
import { measureTemplates } from './templates.ts'
import { measureThroughput } from './throughput.ts'

type Measure = (options: PartOptions) => Promise<Part>

export const PARTS: Readonly<Record<string, Measure>> = {
  throughput: measureThroughput,
  streams: measureStreams,
  files: measureFiles,
  sockets: measureSockets,
  hooks: measureHooks,
  tasks: measureTasks,
  events: measureEvents,
  templates: measureTemplates,
  backup: measureBackup,
  admin: measureAdmin,
  start: moments(serverStart, childStart),
  moments: moments(firstRequest, uploadToAnswer, manyPlugins, memoryPerPlugin),
  save: moments(saveToServed),
  recovery: moments(recovery),
  fairness: (options) => measureMoments([fairness(options.seconds)], options),
}

function moments(...list: readonly Moment[]): Measure {
  return (options) => measureMoments(list, options)
}
