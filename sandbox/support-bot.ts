/** What the Evaluations of the sandbox are about: a bot that answers the customers of an online shop. */

import type { z } from 'zod';
import type { PromptContent } from '../server/wire/file.ts';
import type { Spec } from '../server/wire/spec.ts';
import type { NonEmpty } from './random.ts';

export type Tone = 'friendly' | 'neutral' | 'curt';
export type Helpfulness = 1 | 2 | 3 | 4 | 5;

export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string };

type PromptBody = z.input<typeof PromptContent> & { template: ChatMessage[] };

export interface Topic {
  intent: string;
  /** With the placeholders {product} and {order}. */
  question: string;
  /** The first sentence answers the question, the second helps further. */
  answer: readonly [string, string];
}

export const products: NonEmpty<string> = [
  'hiking boots',
  'rain jacket',
  'two-person tent',
  'head torch',
  'camping stove',
  'down sleeping bag',
  'trekking poles',
  'water filter',
  'climbing harness',
  'bike light',
];

export const topics: NonEmpty<Topic> = [
  {
    intent: 'refund_status',
    question: 'I sent the {product} from order {order} back twelve days ago. When do I get my money?',
    answer: [
      'Refunds reach the original means of payment within five working days after the parcel has been checked in.',
      'Twelve days is longer than usual, so please send us the tracking number of the return and we will trace it.',
    ],
  },
  {
    intent: 'return_request',
    question: 'The {product} does not fit. How do I return order {order}?',
    answer: [
      'You can return unused goods within 30 days: open the order in your account and choose "Return items".',
      'The label is free, and the parcel can be handed in at any parcel shop.',
    ],
  },
  {
    intent: 'exchange',
    question: 'Can I swap the {product} in order {order} for one size larger?',
    answer: [
      'Choose "Exchange" in the order and pick the size; we reserve it for you as soon as the return is on its way.',
      'Should the size be sold out meanwhile, we refund the full price.',
    ],
  },
  {
    intent: 'delivery_status',
    question: 'Where is my {product}? Order {order} was due on Tuesday.',
    answer: [
      'The tracking link in your dispatch e-mail shows where the parcel is at this moment.',
      'If it has not moved for three days, we will start a search with the carrier and send a replacement.',
    ],
  },
  {
    intent: 'address_change',
    question: 'I have moved. Can order {order} with the {product} go to my new address?',
    answer: [
      'Until the order is packed, you can change the address yourself under "Order details".',
      'After that, the carrier can redirect the parcel: use the link in the dispatch e-mail.',
    ],
  },
  {
    intent: 'cancel_order',
    question: 'Please cancel order {order}, I found the {product} cheaper elsewhere.',
    answer: [
      'An order can be cancelled in your account until it is packed, and nothing is charged then.',
      'We also match the price of other shops: send us a link to the offer.',
    ],
  },
  {
    intent: 'invoice',
    question: 'I need an invoice with our VAT number for the {product}, order {order}.',
    answer: [
      'Enter the VAT number under "Billing details"; a corrected invoice is created at once.',
      'You find it as a PDF in the order, next to the first invoice.',
    ],
  },
  {
    intent: 'payment_failed',
    question: 'My card was declined for order {order}. Is the {product} still reserved for me?',
    answer: [
      'We keep the goods for 48 hours, and you can pay with another method from the order page.',
      'Some banks ask for a confirmation in their app first, so please look there as well.',
    ],
  },
  {
    intent: 'double_charge',
    question: 'I was charged twice for the {product} in order {order}.',
    answer: [
      'One of the two is a reservation by your bank, which lapses within seven days without being booked.',
      'If both are booked on your statement, send us the two dates and we refund one at once.',
    ],
  },
  {
    intent: 'warranty_claim',
    question: 'The {product} from order {order} broke after four months. Is that covered?',
    answer: [
      'Yes: material and manufacturing faults are covered for two years from the day of delivery.',
      'Please send two photographs of the damage, and we will repair or replace it.',
    ],
  },
  {
    intent: 'damaged_on_arrival',
    question: 'The parcel arrived crushed and the {product} is damaged. The order is {order}.',
    answer: [
      'We are sorry about that and will send a replacement today, free of charge.',
      'Please keep the box for the carrier for a week and send us a photograph of it.',
    ],
  },
  {
    intent: 'missing_item',
    question: 'Order {order} came without the {product}, although it is on the packing slip.',
    answer: [
      'Orders are sometimes split: the second parcel has a tracking link of its own in your account.',
      'If no second parcel is listed there, tell us and we send the missing item today.',
    ],
  },
  {
    intent: 'stock_inquiry',
    question: 'When will the {product} be available again? I would add it to order {order}.',
    answer: [
      'The product page shows the date of the next delivery as soon as the maker has confirmed it.',
      'Choose "Tell me" there and you get an e-mail the moment it is back.',
    ],
  },
  {
    intent: 'size_advice',
    question: 'Between two sizes of the {product}, which one should I take? The last one was in order {order}.',
    answer: [
      'Take the larger one if you are between two sizes, as the cut of this maker is narrow.',
      'The size table on the product page gives the measures in centimetres.',
    ],
  },
  {
    intent: 'care_instructions',
    question: 'How do I clean the {product} that I bought with order {order}?',
    answer: [
      'Wash it by hand in lukewarm water with a mild soap and let it dry in the shade.',
      'Softener and tumble drying damage the coating, so please avoid both.',
    ],
  },
  {
    intent: 'password_reset',
    question: 'I cannot log in to see order {order} for the {product}; the reset mail never arrives.',
    answer: [
      'The reset mail is sent within a minute, so please look in the spam folder for it first.',
      'If it is not there, the account may use another address: tell us which one the order confirmation went to.',
    ],
  },
  {
    intent: 'delete_account',
    question: 'Delete my account, please, the {product} from order {order} was my last purchase.',
    answer: [
      'You can delete the account under "Privacy"; all personal data is erased within 30 days.',
      'Invoices are kept for as long as the law demands, and for no other use.',
    ],
  },
  {
    intent: 'voucher_problem',
    question: 'The voucher is refused for the {product}. Can you still apply it to order {order}?',
    answer: [
      'Vouchers work for goods that are not on sale and from the minimum amount printed on them.',
      'If both hold, send us the code and we apply it to the order by hand.',
    ],
  },
  {
    intent: 'bulk_order',
    question: 'We need 40 more of the {product} as in order {order} for our club. Is there a discount?',
    answer: [
      'From 20 pieces on there are staggered prices: our sales team answers within one working day.',
      'Please name the quantity and the date that you need them by.',
    ],
  },
  {
    intent: 'speak_to_agent',
    question: 'I have asked three times about the {product} in order {order}. I want to talk to a person.',
    answer: [
      'I am handing you over to a colleague, who will see this whole conversation.',
      'Our lines are open on working days from 8 to 18 o’clock, and we can also call you back.',
    ],
  },
];

/** Opening and closing of a reply in each tone. */
export const phrases: Record<Tone, { opening: string; closing: string }> = {
  friendly: {
    opening: 'Thank you for getting in touch!',
    closing: 'If anything is left open, just write back and we will look into it.',
  },
  neutral: { opening: 'Thank you for your message.', closing: 'Your support team' },
  curt: { opening: 'Regarding your request:', closing: 'This case is closed.' },
};

/** What reviewers remark on a reply, by its helpfulness from 1 to 5. */
export const remarks: Record<Helpfulness, NonEmpty<string>> = {
  1: ['Answers another question.', 'Of no use to this customer; would have to be rewritten.'],
  2: ['Misses the point of the question.', 'Right topic, but no step that the customer could take.'],
  3: ['Correct, but the customer will have to ask again.', 'Acceptable; a bit generic.'],
  4: ['Good answer, names the next step.', 'Clear and correct, could be shorter.'],
  5: ['Exactly what an experienced colleague would write.', 'Solves it in one message.'],
};

const intents = topics.map((topic) => `- ${topic.intent}: for example "${topic.question}"`).join('\n');

const duties =
  'You answer customers of an online shop for outdoor equipment. Read the message, decide on the intent and write a ' +
  'reply of two to four sentences. Promise nothing that our terms do not grant, never ask for passwords or full card ' +
  'numbers, and do not mention that you are a language model.';

const form = 'Answer with JSON only: {"intent": "<one of the intents>", "reply": "<your reply>"}.';

function prompt(system: string, changes: Partial<PromptBody> = {}, user = '{{question}}'): PromptBody {
  return {
    model: 'gpt-4o',
    endpoint: 'chat',
    provider: 'openai',
    template: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    template_language: 'default',
    max_tokens: 400,
    temperature: 0.2,
    ...changes,
  };
}

const names = `The intents are ${topics.map((topic) => topic.intent).join(', ')}.`;

/** The versions of the Prompt, by name. */
export const prompts = {
  baseline: prompt(`${duties}\n\n${names}\n\n${form}`),
  'intents with examples': prompt(`${duties}\n\nThe intents:\n${intents}\n\n${form}`),
  'smaller model': prompt(`Reply to the customer in one sentence.\n\n${names}\n\n${form}`, {
    model: 'gpt-4o-mini',
    max_tokens: 120,
  }),
  'next step first': prompt(`${duties} Begin with the step that the customer should take.\n\n${names}\n\n${form}`),
  'plain words': prompt(`${duties} Use plain words.\n\n${names}\n\n${form}`),
} satisfies Record<string, PromptBody>;

/** The Evaluators, by name. `orchestrated` ones were run by Humanloop; judgments of the others arrive from outside. */
export const evaluators = {
  'exact-match': {
    evaluator_type: 'python',
    return_type: 'boolean',
    arguments_type: 'target_required',
    options: [
      { name: 'true', valence: 'positive' },
      { name: 'false', valence: 'negative' },
    ],
    code: [
      'import json',
      '',
      '',
      'def exact_match(log, testcase):',
      '    """True where the intent is the expected one."""',
      '    return json.loads(log["output"])["intent"] == testcase["target"]["intent"]',
    ].join('\n'),
  },
  tone: {
    evaluator_type: 'llm',
    return_type: 'select',
    arguments_type: 'target_free',
    options: [
      { name: 'friendly', valence: 'positive' },
      { name: 'neutral', valence: 'neutral' },
      { name: 'curt', valence: 'negative' },
    ],
    prompt: prompt(
      'Which tone does the reply to the customer have: friendly, neutral or curt? Answer with one word.',
      { max_tokens: 5, temperature: 0 },
      '{{log.output}}',
    ),
  },
  latency: {
    evaluator_type: 'external',
    return_type: 'number',
    arguments_type: 'target_free',
    number_valence: 'negative',
  },
  helpfulness: {
    evaluator_type: 'human',
    return_type: 'number',
    arguments_type: 'target_free',
    number_limits: { min: 1, max: 5, step: 1 },
    number_valence: 'positive',
    instructions: 'How well does the reply help this customer? 1: not at all. 5: nothing is left to ask.',
  },
  'reviewer-remarks': {
    evaluator_type: 'human',
    return_type: 'text',
    arguments_type: 'target_free',
    instructions: 'What should the team know about this reply? One sentence.',
  },
} satisfies Record<string, z.input<typeof Spec>>;
