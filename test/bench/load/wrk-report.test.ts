import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseWrk } from './wrk-report.ts'

function report(lines: { readonly p50?: string; readonly p99?: string; readonly failures?: string }): string {
  const { p50 = '343.00us', p99 = '1.21ms', failures = '' } = lines
  return `Running 4s test @ http://127.0.0.1:33217/plugins/hello/api/greet/ada
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   450.17us  812.92us  22.50ms   97.77%
    Req/Sec    84.99k     5.55k   94.26k    70.00%
  Latency Distribution
     50%  ${p50}
     75%  412.00us
     90%  571.00us
     99%  ${p99}
  338327 requests in 4.00s, 55.83MB read
${failures}Requests/sec:  84558.33
Transfer/sec:     13.95MB
`
}

describe('parseWrk()', () => {
  test('reads requests, rate and latency', () => {
    assert.deepEqual(parseWrk(report({})), {
      requests: 338_327,
      requestsPerSecond: 84_558.33,
      p50Ms: 0.343,
      p99Ms: 1.21,
      failed: 0,
    })
  })

  test('reads every unit of time', () => {
    assert.equal(parseWrk(report({ p99: '1.05s' })).p99Ms, 1050)
    assert.equal(parseWrk(report({ p99: '2.00m' })).p99Ms, 120_000)
    assert.equal(parseWrk(report({ p50: '12.50ms' })).p50Ms, 12.5)
  })

  test('adds up answers that were refused and connections that broke', () => {
    const failures =
      '  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n'
    assert.equal(parseWrk(report({ failures })).failed, 54_321)
  })

  test('what is missing is an error with the text, not a guess', () => {
    assert.throws(() => parseWrk('unable to connect to 127.0.0.1:1'), /unable to connect/)
    assert.throws(() => parseWrk(report({}).replace('99%', '98%')), /99%/)
  })
})
