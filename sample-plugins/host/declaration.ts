// What the library tells the runtime about itself: its languages, its settings, and the points where plugins may take part.
// Only what the library really uses stands here.

import { defineHost } from 'plugbay'
import { CONTEXTS } from './contexts.ts'

const id = { type: 'integer', minimum: 1 } as const
const colour = { type: 'string', pattern: '^#[0-9a-f]{6}$', maxLength: 7 } as const

export const library = defineHost({
  id: 'school-library',
  version: '1.0.0',
  languages: { available: ['en', 'fr', 'ar'], default: 'en' },
  settings: {
    type: 'object',
    properties: {
      maxLoans: {
        type: 'integer',
        title: 'Books that a member may have',
        minimum: 1,
        maximum: 50,
        default: 3,
      },
      /** Plugins append to these; they cannot take one away. */
      notices: {
        type: 'array',
        title: 'Notices on the first page',
        items: { type: 'string', minLength: 1, maxLength: 200 },
        maxItems: 10,
        'x-append': true,
        default: [],
      },
    },
  },
  permissions: {
    'events.view': 'See what readers do',
    'credentials.view': 'See who the members are',
    'sources.manage': 'Set where books come from',
    'media.view': 'See the media folders, and check what is in them',
    'media.change': 'Change books and media files',
  },
  contexts: CONTEXTS,
  menus: {
    'events.reporting': {
      title: 'Reporting',
      params: { type: 'object', properties: { book: id }, required: ['book'], additionalProperties: false },
    },
    'credentials.reporting': { title: 'Reports on members' },
    'eventstream.sources': { title: 'Sources' },
  },
  hooks: {
    /** One call for all books of a page, rather than one for each: a plugin costs the visitor the same for 1 and for 100. */
    'content.titles': {
      title: 'Titles of the books on a page',
      value: {
        type: 'array',
        maxItems: 200,
        items: {
          type: 'object',
          properties: { id, title: { type: 'string', minLength: 1, maxLength: 200 } },
          required: ['id', 'title'],
          additionalProperties: false,
        },
      },
      deadlineMs: 500,
    },
    'content.opened': {
      title: 'A reader has opened a book',
      mode: 'notify',
      value: {
        type: 'object',
        properties: { id, title: { type: 'string', maxLength: 200 } },
        required: ['id', 'title'],
        additionalProperties: false,
      },
      // What is left out then is not counted: longer than what changes the page.
      deadlineMs: 2000,
    },
    /** A library has one look at a time. */
    'theme.colours': {
      title: 'Colours of the library',
      cardinality: 'one',
      value: {
        type: 'object',
        properties: { accent: colour, accentInk: colour },
        required: ['accent', 'accentInk'],
        additionalProperties: false,
      },
      deadlineMs: 500,
    },
  },
  slots: {
    'library.front': { title: 'First page, above the books' },
    'book.about': {
      title: 'Page of a book, below what the library says of it',
      params: { type: 'object', properties: { id }, required: ['id'], additionalProperties: false },
      modes: ['append', 'wrap'],
    },
  },
  events: {
    /** Comes from the outbox: it is sent if the loan has ended, and only then. */
    'book.returned': {
      title: 'A book is back on its shelf',
      durable: true,
      data: {
        type: 'object',
        properties: { id, title: { type: 'string', maxLength: 200 } },
        required: ['id', 'title'],
        additionalProperties: false,
      },
    },
    'sync.before': {
      title: 'The catalog of the district is about to be brought here',
      data: { type: 'object', properties: {}, additionalProperties: false },
    },
    'sync.after': {
      title: 'What a sync has changed',
      data: {
        type: 'object',
        properties: { added: { type: 'integer' }, updated: { type: 'integer' } },
        required: ['added', 'updated'],
        additionalProperties: false,
      },
    },
  },
})
