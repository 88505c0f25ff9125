// date-fns: arithmetic, formats and locales.

import {
  addBusinessDays,
  addMonths,
  differenceInCalendarDays,
  eachWeekOfInterval,
  format,
  formatDistance,
  formatDuration,
  getISOWeek,
  intervalToDuration,
  isValid,
  parse,
  parseISO,
} from 'date-fns'
import { ar, de, ja } from 'date-fns/locale'

const iso = (date: Date) => format(date, 'yyyy-MM-dd')

export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url)
    const date = parseISO(searchParams.get('date') ?? '')
    if (!isValid(date)) return new Response('not a date', { status: 400 })
    return Response.json({
      monthLater: iso(addMonths(date, 1)),
      workdaysLater: iso(addBusinessDays(date, 3)),
      week: getISOWeek(date),
      days: differenceInCalendarDays(date, new Date(2024, 0, 1)),
      weeks: eachWeekOfInterval({ start: date, end: addMonths(date, 1) }, { weekStartsOn: 1 }).map(iso),
      formats: [de, ja, ar].map((locale) => format(date, 'PPPP', { locale })),
      ago: formatDistance(date, addMonths(date, 14), { addSuffix: true, locale: de }),
      duration: formatDuration(intervalToDuration({ start: date, end: addMonths(date, 14) })),
      parsed: iso(parse('29. Februar 2024', 'd. MMMM yyyy', new Date(0), { locale: de })),
    })
  },
}
