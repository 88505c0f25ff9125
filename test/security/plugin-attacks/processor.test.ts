import { PROCESSOR_CASES } from './cases/processor.ts'
import { testCases } from './suite.ts'

testCases(PROCESSOR_CASES)
