"""The digital library: a copy of the publication catalogue that is searched without the internet.

settings   what a front desk and its office say about it
errors     what can go wrong with the API and its files, in words
answers    the API's answers, odd ones too, as values. Pure
client     the BPS WebAPI over urllib3: slow on purpose, bounded in time and size
shelf      the copy: a database of its own that can always be built anew
search     what somebody types, as a question to the copy
sync       the nightly copying, which goes on where it broke
files      covers and PDFs on this machine, bounded and erased by age
library    all of it for the pages and the duty
imagined   a WebAPI for the simulated front desk
"""
