// The same with neighbours in the culprit's process. When it dies, GETs are retried and POSTs are answered with "try again"; no
// other client notices.

import { MEMORY_CASES } from './cases/memory.ts'
import { PROCESSOR_CASES } from './cases/processor.ts'
import { testCases } from './suite.ts'

const WANTED = new Set(['R01', 'R03', 'R04', 'R11', 'R21', 'R25', 'R41', 'R51', 'R52', 'R59', 'R63', 'R70'])

testCases(
  [...PROCESSOR_CASES, ...MEMORY_CASES].filter(({ id }) => WANTED.has(id)),
  { isShared: true },
)
