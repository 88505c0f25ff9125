import { LARGE_LIMIT_CASES } from './cases/memory.ts'
import { testCases } from './suite.ts'

testCases(LARGE_LIMIT_CASES, { limits: { memoryMb: 512 } })
