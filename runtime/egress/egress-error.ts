// Outbound failures, worded so that they reveal nothing about the network.

import { PlugbayError } from '../errors.ts'

/** Refused by the policy before anything was sent. The message is the same whether something listens there or not. */
export function refused(reason: string): PlugbayError {
  return new PlugbayError('FETCH_REFUSED', reason)
}

export function failed(reason: string, cause?: unknown): PlugbayError {
  return new PlugbayError('FETCH_FAILED', reason, { cause })
}

/** By error codes of Node, undici and OpenSSL. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'it does not take connections',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of its answer are too large',
  UND_ERR_BODY_TIMEOUT: 'its answer stopped half-way',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'its answer is shorter or longer than it said',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'the body of the request is shorter or longer than it said',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** The error that a plugin gets for a failure below HTTP. */
export function failureOf(error: unknown, origin: string): PlugbayError {
  if (error instanceof PlugbayError) return error
  const reason = reasonOf(error)
  return failed(`The request to "${origin}" failed${reason === undefined ? '' : `: ${reason}`}`, error)
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined && Object.hasOwn(REASONS, code)) return REASONS[code]
  if (error.name === 'HTTPParserError') return 'its answer is not valid HTTP'
  // Several addresses were tried: the first failure stands for all.
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  return error.cause === undefined ? undefined : reasonOf(error.cause)
}
