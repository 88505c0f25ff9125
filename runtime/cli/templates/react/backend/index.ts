import { definePlugin, type Env } from 'plugbay/sdk'
import type { Day, Visits } from './visits.ts'

const DAYS_KEPT = 14

export default definePlugin({
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname !== '/visits') return new Response('Not found', { status: 404 })
    if (request.method === 'GET') return Response.json(await visits(env))
    if (request.method === 'POST') return Response.json(await count(env), { status: 201 })
    return new Response('Method not allowed', { status: 405, headers: { allow: 'GET, POST' } })
  },
})

async function visits(env: Env): Promise<Visits> {
  return { days: (await env.kv.get<Day[]>('days', 'json')) ?? [] }
}

async function count(env: Env): Promise<Visits> {
  const date = new Date().toISOString().slice(0, 10)
  const { days } = await visits(env)
  const today = days.find((day) => day.date === date)?.count ?? 0
  const kept = [...days.filter((day) => day.date !== date), { date, count: today + 1 }].slice(-DAYS_KEPT)
  await env.kv.put('days', JSON.stringify(kept))
  return { days: kept }
}
