// Stands for your application: a support bot that recognizes by a few words what a customer wants. Replace it by yours.

/** What makes this version of the bot: another Prompt is another version on the server. */
export const prompt = { model: 'keywords', template: [{ role: 'system', content: 'Tell what the customer wants.' }] };

const intents = [
  ['refund_status', /money/],
  ['return_request', /return order/],
  ['exchange', /one size larger/],
  ['delivery_status', /due on/],
  ['address_change', /address/],
  ['cancel_order', /cancel/],
  ['invoice', /VAT/],
  ['payment_failed', /declined/],
  ['double_charge', /twice/],
  ['warranty_claim', /broke/],
  ['damaged_on_arrival', /crushed/],
  ['missing_item', /packing slip/],
  ['stock_inquiry', /available again/],
  ['size_advice', /between two sizes/i],
  ['care_instructions', /clean/],
  ['password_reset', /log in/],
  ['delete_account', /delete my account/i],
  ['voucher_problem', /voucher/],
  ['bulk_order', /discount/],
];

/** The bot's reply to a question. */
export function answer(question) {
  const [intent] = intents.find(([, words]) => words.test(question)) ?? ['speak_to_agent'];
  return { intent, reply: `Thank you for getting in touch! Our page on ${intent.replaceAll('_', ' ')} says more.` };
}
