/** The example site: what is written on it, by whom, and how long ago. The posts are in posts/. */
import type { Role } from '../kit.ts'

export const people: readonly {
  readonly role: Role
  readonly name: string
  readonly daysAgo: number
  readonly bio: string
}[] = [
  {
    role: 'admin',
    name: 'Administrator',
    daysAgo: 160,
    bio: 'Keeps the presses oiled. Looks after **people and comments** here, and writes about how the site works.',
  },
  {
    role: 'editor',
    name: 'Editor',
    daysAgo: 150,
    bio: 'Reads everything five times, and says why in [one of the posts](/search?q=readings).\n\nInterests: margins, semicolons, the space between things.',
  },
  {
    role: 'member',
    name: 'Member',
    daysAgo: 90,
    bio: 'Comments from the back row, usually with a ruler in hand.',
  },
  { role: 'viewer', name: 'Viewer', daysAgo: 30, bio: '' },
]

export const posts: readonly {
  /** The file in posts/, without its ending. */
  readonly file: string
  readonly title: string
  readonly summary: string
  readonly by: Role
  readonly state: 'draft' | 'published'
  readonly daysAgo: number
}[] = [
  {
    file: 'a-page-is-a-machine',
    title: 'A page is a machine for reading',
    summary: 'Three distances decide whether anybody notices the page, and nobody should.',
    by: 'editor',
    state: 'published',
    daysAgo: 1,
  },
  {
    file: 'what-happens-when-you-publish',
    title: 'What happens when you press Publish',
    summary: 'From the text box to the screen, in three short stages and no waiting.',
    by: 'admin',
    state: 'published',
    daysAgo: 4,
  },
  {
    file: 'five-readings',
    title: 'Five readings',
    summary: 'One for truth, one for order, one for length, one for sound. Then the commas.',
    by: 'editor',
    state: 'published',
    daysAgo: 9,
  },
  {
    file: 'the-em-quad',
    title: 'The em quad',
    summary: 'On a piece of metal that printed nothing, and why we print it.',
    by: 'editor',
    state: 'published',
    daysAgo: 15,
  },
  {
    file: 'sixty-six-characters',
    title: 'Sixty-six characters',
    summary: 'How long is a line? Printers knew before anybody had measured it.',
    by: 'editor',
    state: 'published',
    daysAgo: 22,
  },
  {
    file: 'comments-worth-keeping',
    title: 'Comments worth keeping',
    summary: 'What we ask of the box below, what we do, and what we will not do.',
    by: 'admin',
    state: 'published',
    daysAgo: 30,
  },
  {
    file: 'widows-and-runts',
    title: 'Widows, orphans and runts',
    summary: 'A short guide to loneliness in typesetting.',
    by: 'editor',
    state: 'published',
    daysAgo: 39,
  },
  {
    file: 'write-the-headline-last',
    title: 'Write the headline last',
    summary: 'It is a promise. Find out first what you are going to deliver.',
    by: 'editor',
    state: 'published',
    daysAgo: 51,
  },
  {
    file: 'notes-towards-a-house-style',
    title: 'Notes towards a house style',
    summary: 'To be agreed before it is published.',
    by: 'admin',
    state: 'draft',
    daysAgo: 3,
  },
  {
    file: 'in-praise-of-the-semicolon',
    title: 'In praise of the semicolon',
    summary: '',
    by: 'editor',
    state: 'draft',
    daysAgo: 2,
  },
]

export const comments: readonly {
  readonly on: string
  readonly by: Role
  readonly daysAgo: number
  readonly body: string
}[] = [
  {
    on: 'a-page-is-a-machine',
    by: 'member',
    daysAgo: 0.8,
    body: 'I tried the test on a timetable. Everybody remembered the timetable and nobody remembered the train, so it can go wrong in both directions.',
  },
  {
    on: 'a-page-is-a-machine',
    by: 'editor',
    daysAgo: 0.6,
    body: 'A timetable is furniture. You are *meant* to bump into it.',
  },
  {
    on: 'what-happens-when-you-publish',
    by: 'member',
    daysAgo: 3.5,
    body: 'So if I write <b>bold</b> in a comment, it says so in so many letters?',
  },
  {
    on: 'what-happens-when-you-publish',
    by: 'admin',
    daysAgo: 3.4,
    body: 'You have just seen it. Two asterisks on either side will do **what you meant**.',
  },
  {
    on: 'five-readings',
    by: 'member',
    daysAgo: 8,
    body: 'I would put reading aloud first. What I cannot say in one breath usually turns out not to be true, either.',
  },
  {
    on: 'five-readings',
    by: 'admin',
    daysAgo: 7.5,
    body: 'There is a sixth: the one just after publishing, when the mistake in the first line becomes visible.',
  },
  {
    on: 'the-em-quad',
    by: 'member',
    daysAgo: 14,
    body: 'Worth adding that the *en* is half of it in width only; the height is the same. I measured.',
  },
  {
    on: 'the-em-quad',
    by: 'editor',
    daysAgo: 13.5,
    body: 'Of course you did. Thank you.',
  },
  {
    on: 'sixty-six-characters',
    by: 'member',
    daysAgo: 20,
    body: 'Counted three paperbacks from the shelf:\n\n- 58\n- 63\n- 71, and that one gave me a headache\n\nSo the rule holds.',
  },
  {
    on: 'comments-worth-keeping',
    by: 'member',
    daysAgo: 28,
    body: 'No notifications is what sold it to me. I look in when I have time, and there is no little number waiting.',
  },
  {
    on: 'widows-and-runts',
    by: 'admin',
    daysAgo: 37,
    body: 'A way to keep them apart: the orphan stands at the start and has nobody before it; the widow has nobody after.',
  },
  {
    on: 'write-the-headline-last',
    by: 'member',
    daysAgo: 49,
    body: 'I disagree, because a working title keeps me from wandering off. But I admit that I have never kept one.',
  },
]
