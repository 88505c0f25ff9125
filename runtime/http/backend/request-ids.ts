// Ids of requests, for the logs: short, unique in this run, without a system call per request.

import { randomBytes } from 'node:crypto'

export function createRequestIds(): () => string {
  const run = randomBytes(4).toString('hex')
  let count = 0
  return () => `${run}-${(++count).toString(36)}`
}
