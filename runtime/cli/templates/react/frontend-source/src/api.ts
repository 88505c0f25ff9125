// The backend of this plugin, in the types that both sides share.

import { api } from 'plugbay/client'
import type { Visits } from '../../backend/visits.ts'

export async function readVisits(): Promise<Visits> {
  return await answerOf(api('/visits'))
}

export async function addVisit(): Promise<Visits> {
  return await answerOf(api('/visits', { method: 'POST' }))
}

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  return (await response.json()) as T
}
