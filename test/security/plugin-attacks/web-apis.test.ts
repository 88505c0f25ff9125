import { WEB_API_CASES } from './cases/web-apis.ts'
import { testCases } from './suite.ts'

testCases(WEB_API_CASES)
