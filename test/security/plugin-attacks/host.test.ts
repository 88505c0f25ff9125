import { HOST_CASES } from './cases/host.ts'
import { testCases } from './suite.ts'

testCases(HOST_CASES)
