// The tables of backend/migrations/, as Drizzle knows them.

import { relations } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const notes = sqliteTable(
  'note',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    text: text('text').notNull(),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (table) => [index('note_by_time').on(table.createdAt)],
)

export const noteTags = sqliteTable(
  'note_tag',
  {
    noteId: integer('note_id')
      .notNull()
      .references(() => notes.id, { onDelete: 'cascade' }),
    tag: text('tag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.noteId, table.tag] })],
)

export const noteRelations = relations(notes, ({ many }) => ({ tags: many(noteTags) }))

export const noteTagRelations = relations(noteTags, ({ one }) => ({
  note: one(notes, { fields: [noteTags.noteId], references: [notes.id] }),
}))
