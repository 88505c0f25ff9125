// The host call behind fetch(): only to granted origins, with the plugin's secrets inserted into its headers.

import type { FetchResponseHead } from '../../sdk/protocol/fetch-wire.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Egress } from '../egress/egress.ts'
import { PlugbayError } from '../errors.ts'
import { authorizeGuest } from '../permissions/authorize.ts'
import { bytesOf } from '../sandbox/instance/host-streams.ts'
import { fetchArguments } from './fetch-arguments.ts'
import type { Caller, Handlers } from './host-calls.ts'

export function fetchHandlers(egress: Egress): Pick<Handlers, 'net.fetch'> {
  return {
    async 'net.fetch'(caller, args, body, { upload, signal }) {
      const { method, target, headers, redirect, bodyLength } = fetchArguments(args)
      const permit = ({ origin }: URL) =>
        authorizeGuest(caller.grants, { permission: 'network', value: [origin] })
      permit(target)
      const { secrets } = caller
      const answer = await egress.request(
        {
          method,
          url: target,
          ...secrets.reveal(headers),
          body: bodyOf(body, upload, { bodyLength, maxBytes: egress.limits.maxRequestBytes }),
          bodyLength,
          redirect,
        },
        { pluginId: caller.pluginId, permit, signal },
      )
      const head: FetchResponseHead = {
        status: answer.status,
        statusText: secrets.hide(answer.statusText),
        headers: hiddenValues(answer.headers, secrets),
        url: secrets.hide(answer.url),
        redirected: answer.redirected,
      }
      return { head, stream: answer.body }
    },
  }
}

function bodyOf(
  body: Uint8Array | undefined,
  upload: ReceiveStream | undefined,
  { bodyLength = 0, maxBytes }: { readonly bodyLength: number | undefined; readonly maxBytes: number },
): Uint8Array | AsyncIterable<Uint8Array> | undefined {
  if (bodyLength > maxBytes || (body?.byteLength ?? 0) > maxBytes) throw tooLarge(maxBytes)
  return upload === undefined ? body : capped(bytesOf(upload), maxBytes)
}

async function* capped(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const chunk of source) {
    sent += chunk.byteLength
    if (sent > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function tooLarge(maxBytes: number): PlugbayError {
  return new PlugbayError('QUOTA_EXCEEDED', `The body of the request is larger than ${maxBytes} bytes`)
}

/** A server that echoes its request must not reveal the value of a secret to a plugin. */
function hiddenValues(headers: readonly string[], secrets: Caller['secrets']): readonly string[] {
  return headers.map((text, index) => (index % 2 === 0 ? text : secrets.hide(text)))
}
