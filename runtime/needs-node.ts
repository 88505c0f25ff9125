// To be imported first, by every door of the package: an older Node gets one sentence instead of what fails first there.
// Invariant: it, and the names that the doors' graphs import from Node, exist in Node 20, or that Node would fail before this runs.

import { oldNodeProblem } from './node-version.ts'

const problem = oldNodeProblem(process.version)
if (problem !== undefined) throw new Error(problem)
