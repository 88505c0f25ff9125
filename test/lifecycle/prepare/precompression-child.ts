// Started and killed by recompress.test.ts: a process that gives the artifact in a folder stronger copies, as the runtime does.

import { createPrecompression } from '../../../runtime/lifecycle/prepare/precompression.ts'
import { createLog } from '../../../runtime/log.ts'
import { openArtifact } from '../../../runtime/package/artifact.ts'
import { PRODUCTION } from '../../../runtime/policy.ts'

const folder = process.argv[2] ?? ''
const artifact = await openArtifact(folder)
const precompression = createPrecompression({
  folderOf: () => folder,
  log: createLog('silent'),
  quietMs: 0,
  policy: PRODUCTION,
})
precompression.later(artifact)
// The timer of the precompression keeps no process alive: this one lives until it is killed.
setInterval(() => undefined, 60_000)
