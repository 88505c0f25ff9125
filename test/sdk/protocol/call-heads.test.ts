// The heads of host calls and of calls to a data process: what one side writes the other reads, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATA_CALLS, dataCallHead, splitDataCall } from '../../../sdk/protocol/data-calls.ts'
import {
  findHostCall,
  HOST_CALLS,
  hostCallHead,
  MAX_HOST_CALL_ARGS,
  splitHostCall,
} from '../../../sdk/protocol/host-calls.ts'

test('a host call is a name and a list, as text', () => {
  for (const [name, row] of Object.entries(HOST_CALLS)) {
    const args = '["k",{"metadata":"a[b] \\u2028"}]'
    assert.deepEqual(splitHostCall(hostCallHead(name, args)), { name, args })
    assert.deepEqual(findHostCall(name), { name, ...row })
  }
  for (const name of ['', 'constructor', '__proto__', 'toString', 'kv.get ', 'KV.GET', 'remove'])
    assert.equal(findHostCall(name), undefined, name)
  for (const head of [
    '',
    '[]',
    'kv.get',
    'kv.get[',
    'kv.get]',
    'kv.get[] ',
    'kv.get{}',
    '{"m":"kv.get","a":[]}',
  ])
    assert.equal(splitHostCall(head), undefined, head)
  const longest = `[${'1'.repeat(MAX_HOST_CALL_ARGS - 2)}]`
  assert.ok(splitHostCall(hostCallHead('kv.get', longest)))
  assert.equal(splitHostCall(hostCallHead('kv.get', `[1${longest.slice(1)}`)), undefined)
})

/** The runtime makes these calls itself, when the content of the file has arrived. */
const AFTER_A_CONTENT: readonly string[] = ['bucket.put', 'bucket.putPart']

test('every host call that is relayed is a call of a data process', () => {
  for (const [name, { relay }] of Object.entries(HOST_CALLS))
    assert.equal(name in DATA_CALLS, relay || AFTER_A_CONTENT.includes(name), name)
})

test('a call to a data process keeps its arguments as they were written', () => {
  const call = {
    method: 'kv.put',
    pluginId: 'a1',
    quotaBytes: 64_000_000,
    args: '["a b  c", {"x": 1} ] 5 remove b2',
  } as const
  assert.deepEqual(splitDataCall(dataCallHead(call)), call)
  assert.equal(splitDataCall('remove a1 0'), undefined)
  assert.equal(splitDataCall('constructor a1 0 []'), undefined)
})
