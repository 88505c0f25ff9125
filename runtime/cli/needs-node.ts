// As ../needs-node.ts, for people at a terminal: the sentence alone.

import { oldNodeProblem } from '../node-version.ts'
import { EXIT } from './exit-codes.ts'

const problem = oldNodeProblem(process.version)
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`)
  process.exit(EXIT.failed)
}
