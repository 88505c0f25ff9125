import { ESCAPE_CASES } from './cases/escape.ts'
import { testCases } from './suite.ts'

testCases(ESCAPE_CASES)
