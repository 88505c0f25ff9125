import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTPException } from 'hono/http-exception'
import { StoreError } from '../../../plugin-store/store-error.ts'
import { PlugbayError } from '../../../runtime/errors.ts'
import { problemResponse, RetryLater, toPlugbayError } from '../../../runtime/http/server/problem.ts'

const problem = { code: 'MANIFEST_INVALID', message: 'The field "id" is missing' } as const
const invalid = new PlugbayError('MANIFEST_INVALID', 'Something about /home/ann', { problems: [problem] })

test('problemResponse() shows details to signed-in users only', async () => {
  const response = problemResponse(invalid, { detailed: true, shell: '/tools', requestId: 'r1' })
  assert.equal(response.status, 422)
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.deepEqual(await response.json(), {
    type: '/tools/docs/errors#MANIFEST_INVALID',
    title: 'The manifest is not valid',
    status: 422,
    detail: 'Something about /home/ann',
    code: 'MANIFEST_INVALID',
    hint: 'Correct the fields that the problems name; see docs/manifest.md',
    requestId: 'r1',
    problems: [problem],
  })
})

test('problemResponse() tells strangers what the table says', async () => {
  const body = await problemResponse(invalid, { detailed: false, shell: '' }).json()
  assert.equal(body.detail, 'The manifest is not valid')
  assert.equal('problems' in body, false)
})

test('problemResponse() shows nothing of an unknown error, to administrators either', async () => {
  const known = toPlugbayError(new Error('connect ECONNREFUSED /var/run/secret.sock'))
  assert.equal(known.code, 'INTERNAL')
  const text = await problemResponse(known, { detailed: true, shell: '/tools' }).text()
  assert.doesNotMatch(text, /secret|ECONN/)
  const inner = await problemResponse(new PlugbayError('INTERNAL', 'secret'), {
    detailed: true,
    shell: '/tools',
  }).text()
  assert.doesNotMatch(inner, /secret/)
})

test('toPlugbayError() keeps codes of the table and nothing else', () => {
  assert.equal(toPlugbayError(new StoreError('STORE_FULL', 'No space')).code, 'STORE_FULL')
  assert.equal(toPlugbayError(Object.assign(new Error('x'), { code: 'ENOENT' })).code, 'INTERNAL')
  assert.equal(toPlugbayError(Object.assign(new Error('x'), { code: 'constructor' })).code, 'INTERNAL')
  assert.equal(toPlugbayError({ code: 'NOT_FOUND' }).code, 'INTERNAL')
  assert.equal(toPlugbayError(new HTTPException(404)).code, 'NOT_FOUND')
  assert.equal(toPlugbayError(new HTTPException(400)).code, 'BAD_REQUEST')
})

test('problemResponse() says when to come again, and how to sign in', () => {
  assert.equal(
    problemResponse(new RetryLater('TOO_MANY_ATTEMPTS', 42), { detailed: false, shell: '' }).headers.get(
      'retry-after',
    ),
    '42',
  )
  const response = problemResponse(new PlugbayError('UNAUTHENTICATED'), { detailed: false, shell: '' })
  assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/)
})
