-- Erases the responses of a closed round (R8).
-- KEYS: rounds, responses. ARGV: round.
if redis.call('HGET', KEYS[1], ARGV[1]) == 'closed' then
  redis.call('DEL', KEYS[2])
end
return 1
