// Sends the most read books to the district. The key is a secret: the runtime puts it into the request, and only to that server.

import type { Env } from 'plugbay/sdk'
import type { Count } from './counts.ts'

const DISTRICT = 'https://district.example.org/reports'

export async function sendReport(env: Env, books: readonly Count[]): Promise<Response> {
  const { districtKey } = env.secrets
  if (districtKey === undefined)
    return Response.json({ error: 'The key of the district is not set' }, { status: 409 })
  try {
    const answer = await fetch(DISTRICT, {
      method: 'POST',
      headers: { authorization: districtKey.bearer(), 'content-type': 'application/json' },
      body: JSON.stringify({ books }),
    })
    return Response.json({ status: answer.status }, { status: answer.ok ? 200 : 502 })
  } catch (error) {
    env.log.warn(`The district does not answer: ${String(error)}`)
    return Response.json({ error: 'The district does not answer' }, { status: 502 })
  }
}
