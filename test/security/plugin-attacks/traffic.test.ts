import { TRAFFIC_CASES } from './cases/traffic.ts'
import { testCases } from './suite.ts'

testCases(TRAFFIC_CASES)
