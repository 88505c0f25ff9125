import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTickets } from '../../../runtime/http/pages/tickets.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'

const revocations = { isOver: () => false }
const user = (name: string): Principal => ({ name, permissions: [], kind: 'user' })

test('a ticket opens one page of one plugin once', () => {
  const tickets = createTickets({ revocations })
  const ada = user('ada')
  const [used, elsewhere] = [tickets.issue('notes', ada), tickets.issue('notes', ada)]
  assert.equal(tickets.consume(used, 'notes'), ada)
  assert.equal(tickets.consume(used, 'notes'), undefined)
  assert.equal(tickets.consume(elsewhere, 'other'), undefined)
  assert.equal(tickets.consume(elsewhere, 'notes'), undefined)
})

test('a user who asks for many tickets loses the oldest of them, and takes none from others', () => {
  const tickets = createTickets({ revocations })
  const [ada, mallory] = [user('ada'), user('mallory')]
  const adas = tickets.issue('notes', ada)
  const first = tickets.issue('notes', mallory)
  for (let count = 0; count < 2000; count++) tickets.issue('notes', mallory)
  const last = tickets.issue('notes', mallory)
  assert.equal(tickets.consume(first, 'notes'), undefined)
  assert.equal(tickets.consume(last, 'notes'), mallory)
  assert.equal(tickets.consume(adas, 'notes'), ada)
})

test('a ticket ends after a minute, and with its user', () => {
  let time = 0
  let isOver = false
  const tickets = createTickets({ revocations: { isOver: () => isOver }, now: () => time })
  const [late, ended] = [tickets.issue('notes', user('ada')), tickets.issue('notes', user('ada'))]
  time = 59_999
  isOver = true
  assert.equal(tickets.consume(ended, 'notes'), undefined)
  isOver = false
  time = 60_000
  assert.equal(tickets.consume(late, 'notes'), undefined)
})
