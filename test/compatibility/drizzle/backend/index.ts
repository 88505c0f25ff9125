// Notes with tags by Drizzle ORM on env.db: relations, a batch, `returning`.

import { and, desc, eq, inArray, like, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from 'plugbay/sdk'
import * as schema from './schema.ts'

interface NewNote {
  readonly text: string
  readonly tags: readonly string[]
}

const { notes, noteTags } = schema

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const store = createNotes(env)
    const { pathname, searchParams } = new URL(request.url)
    const id = Number(pathname.split('/')[2])
    if (request.method === 'POST') return Response.json(await store.add(await request.json()))
    if (request.method === 'DELETE') return Response.json(await store.remove(id))
    return Response.json(await store.list(searchParams.get('search'), searchParams.get('tag')))
  },
}

function createNotes(env: Env) {
  const db = drizzle(env.db as unknown as Parameters<typeof drizzle>[0], { schema })
  return {
    async list(search: string | null, tag: string | null) {
      const tagged = db
        .select({ id: noteTags.noteId })
        .from(noteTags)
        .where(eq(noteTags.tag, tag ?? ''))
      const rows = await db.query.notes.findMany({
        with: { tags: { columns: { tag: true } } },
        where: and(
          tag === null ? undefined : inArray(notes.id, tagged),
          search === null ? undefined : like(notes.text, `%${search}%`),
        ),
        orderBy: [desc(notes.createdAt), desc(notes.id)],
      })
      return rows.map(({ text, createdAt, tags, id }) => ({
        id,
        text,
        year: createdAt.getUTCFullYear(),
        tags: tags.map((entry) => entry.tag).sort(),
      }))
    },

    /** A note and its tags, or neither: one batch is one transaction. */
    async add({ text, tags }: NewNote) {
      const insert = db.insert(notes).values({ text, createdAt: new Date() }).returning({ id: notes.id })
      const newest = sql<number>`(SELECT max(${notes.id}) FROM ${notes})`
      const [[note]] = await db.batch([
        insert,
        ...tags.map((tag) => db.insert(noteTags).values({ noteId: newest, tag })),
      ])
      return note
    },

    /** How many there were. Their tags go with them. */
    async remove(id: number) {
      return (await db.delete(notes).where(eq(notes.id, id)).returning({ id: notes.id })).length
    },
  }
}
