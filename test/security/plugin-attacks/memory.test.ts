import { MEMORY_CASES } from './cases/memory.ts'
import { testCases } from './suite.ts'

testCases(MEMORY_CASES)
