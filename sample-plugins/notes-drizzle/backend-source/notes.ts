// The notes in the SQL database, newest first. drizzle-orm/d1 speaks to env.db, which has D1's shape.

import { and, desc, eq, inArray, like, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Db } from 'plugbay/sdk'
import type { NewNote } from './read-note.ts'
import * as schema from './schema.ts'

export interface Note {
  readonly id: number
  readonly text: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly tags: readonly string[]
}

export interface Filter {
  readonly search: string | undefined
  readonly tag: string | undefined
}

const MAX_SHOWN = 100

export function createNotes(database: Db) {
  const db = drizzle(database as unknown as Parameters<typeof drizzle>[0], { schema })
  const { notes, noteTags } = schema

  return {
    async list({ search, tag }: Filter): Promise<Note[]> {
      const tagged = db
        .select({ id: noteTags.noteId })
        .from(noteTags)
        .where(eq(noteTags.tag, tag ?? ''))
      const rows = await db.query.notes.findMany({
        with: { tags: { columns: { tag: true } } },
        where: and(
          tag === undefined ? undefined : inArray(notes.id, tagged),
          search === undefined ? undefined : like(notes.text, `%${search}%`),
        ),
        orderBy: [desc(notes.createdAt), desc(notes.id)],
        limit: MAX_SHOWN,
      })
      return rows.map(({ id, text, createdAt, tags }) => ({
        id,
        text,
        createdAt: createdAt.toISOString(),
        tags: tags.map((entry) => entry.tag).sort(),
      }))
    },

    /** A note and its tags, or neither: one batch is one transaction. */
    async add({ text, tags }: NewNote): Promise<Note> {
      const createdAt = new Date()
      const insert = db.insert(notes).values({ text, createdAt }).returning({ id: notes.id })
      // The id is known inside the transaction only: the newest note is the one that the previous statement inserted.
      const newest = sql<number>`(SELECT max(${notes.id}) FROM ${notes})`
      const [[note]] = await db.batch([
        insert,
        ...tags.map((tag) => db.insert(noteTags).values({ noteId: newest, tag })),
      ])
      if (note === undefined) throw new Error('The note has no id')
      return { id: note.id, text, createdAt: createdAt.toISOString(), tags }
    },

    /** False when it did not exist. Its tags are deleted with it. */
    async remove(id: number): Promise<boolean> {
      const removed = await db.delete(notes).where(eq(notes.id, id)).returning({ id: notes.id })
      return removed.length > 0
    },
  }
}
