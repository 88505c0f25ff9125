// The notes in the SQL database, newest first. Kysely builds the statements; kysely-d1 passes them to env.db, which has D1's
// shape.

import { Kysely, sql } from 'kysely'
import { D1Dialect } from 'kysely-d1'
import type { Db } from 'plugbay/sdk'
import type { NewNote } from './read-note.ts'

/** The tables of backend/migrations/. */
interface Tables {
  note: { id: string; text: string; created_at: string }
  note_tag: { note_id: string; tag: string }
  note_words: { note_id: string; text: string }
}

export interface Note {
  readonly id: string
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
  const db = new Kysely<Tables>({ dialect: new D1Dialect({ database }) })

  return {
    async list({ search, tag }: Filter): Promise<Note[]> {
      let query = db
        .selectFrom('note')
        .leftJoin('note_tag', 'note_tag.note_id', 'note.id')
        .select(['note.id', 'note.text', 'note.created_at as createdAt'])
        .select(
          sql<string>`json_group_array(note_tag.tag) FILTER (WHERE note_tag.tag IS NOT NULL)`.as('tags'),
        )
        .groupBy('note.id')
        .orderBy('note.created_at', 'desc')
        .orderBy('note.id')
        .limit(MAX_SHOWN)
      if (tag !== undefined) {
        const tagged = db.selectFrom('note_tag').select('note_id').where('tag', '=', tag)
        query = query.where('note.id', 'in', tagged)
      }
      const words = wordsOf(search)
      if (words !== undefined) {
        const found = db.selectFrom('note_words').select('note_id').where(sql`note_words`, 'match', words)
        query = query.where('note.id', 'in', found)
      }
      const rows = await query.execute()
      return rows.map((row) => ({ ...row, tags: JSON.parse(row.tags) as string[] }))
    },

    /** A note and its tags, or neither: one batch is one transaction. */
    async add({ text, tags }: NewNote): Promise<Note> {
      const note = { id: crypto.randomUUID(), text, createdAt: new Date().toISOString(), tags }
      const queries = [
        db.insertInto('note').values({ id: note.id, text, created_at: note.createdAt }).compile(),
        ...tags.map((tag) => db.insertInto('note_tag').values({ note_id: note.id, tag }).compile()),
      ]
      await database.batch(queries.map((query) => database.prepare(query.sql).bind(...query.parameters)))
      return note
    },

    /** False when it did not exist. Its tags are deleted with it. */
    async remove(id: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('note').where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

/** Every word as a quoted prefix: what a visitor writes is never syntax of fts5. */
function wordsOf(search: string | undefined): string | undefined {
  const words = search?.match(/[\p{L}\p{N}]+/gu)
  return words?.map((word) => `"${word}"*`).join(' ')
}
